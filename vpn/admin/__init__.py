from vpn.admin.devices import DeviceAdmin
from vpn.admin.operations import EmergencyStopAdmin
from vpn.admin.servers import ServerAdmin

__all__ = ["DeviceAdmin", "EmergencyStopAdmin", "ServerAdmin"]
