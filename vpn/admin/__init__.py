from vpn.admin import beside_tickets, customer_parts
from vpn.admin.addresses import IpAssignmentAdmin
from vpn.admin.devices import DeviceAdmin
from vpn.admin.locations import LocationAdmin
from vpn.admin.nodes import NodeStatusAdmin
from vpn.admin.operations import OutageAdmin
from vpn.admin.servers import ServerAdmin
from vpn.admin.stops import EmergencyStopAdmin

__all__ = [
    "DeviceAdmin",
    "EmergencyStopAdmin",
    "IpAssignmentAdmin",
    "LocationAdmin",
    "NodeStatusAdmin",
    "OutageAdmin",
    "ServerAdmin",
    "beside_tickets",
    "customer_parts",
]
