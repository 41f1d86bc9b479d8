from vpn.admin.devices import DeviceAdmin
from vpn.admin.servers import ServerAdmin

__all__ = ["DeviceAdmin", "ServerAdmin"]
