from vpn.models.addresses import FreeAddress, IpAssignment, Peer
from vpn.models.devices import VpnConfig
from vpn.models.servers import Location, NodeNote, NodeStatus, NodeToken, Server
from vpn.models.usage import UsageCounter, UsageRecord

__all__ = [
    "FreeAddress",
    "IpAssignment",
    "Location",
    "NodeNote",
    "NodeStatus",
    "NodeToken",
    "Peer",
    "Server",
    "UsageCounter",
    "UsageRecord",
    "VpnConfig",
]
