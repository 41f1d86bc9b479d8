from vpn.models.addresses import FreeAddress, IpAssignment, Peer
from vpn.models.devices import VpnConfig
from vpn.models.nodes import NodeNote, NodeStatus, NodeToken
from vpn.models.operations import Alert, EmergencyStop, Incident, IncidentUpdate, Outage, Watch
from vpn.models.places import FavouriteLocation, LocationCost
from vpn.models.servers import Location, Server
from vpn.models.usage import NodeHour, NodeTotal, QuotaMeter, UsageCounter, UsageMonth, UsageRecord

__all__ = [
    "Alert",
    "EmergencyStop",
    "FavouriteLocation",
    "FreeAddress",
    "Incident",
    "IncidentUpdate",
    "IpAssignment",
    "Location",
    "LocationCost",
    "NodeHour",
    "NodeNote",
    "NodeStatus",
    "NodeToken",
    "NodeTotal",
    "Outage",
    "Peer",
    "QuotaMeter",
    "Server",
    "UsageCounter",
    "UsageMonth",
    "UsageRecord",
    "VpnConfig",
    "Watch",
]
