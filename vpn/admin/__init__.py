from vpn.admin import beside_tickets, costs, customer_parts, home
from vpn.admin.addresses import IpAssignmentAdmin
from vpn.admin.devices import DeviceAdmin
from vpn.admin.favourites import FavouriteLocationAdmin
from vpn.admin.locations import LocationAdmin
from vpn.admin.nodes import NodeStatusAdmin
from vpn.admin.operations import OutageAdmin
from vpn.admin.servers import ServerAdmin
from vpn.admin.stops import EmergencyStopAdmin

__all__ = [
    "DeviceAdmin",
    "EmergencyStopAdmin",
    "FavouriteLocationAdmin",
    "IpAssignmentAdmin",
    "LocationAdmin",
    "NodeStatusAdmin",
    "OutageAdmin",
    "ServerAdmin",
    "beside_tickets",
    "costs",
    "customer_parts",
    "home",
]
