"""What a node says, as if it had reported it."""

from __future__ import annotations

from uuid import uuid4

from vpn.models import NodeStatus, Server
from vpn.services.reports import Report, take_report


def node_confirms(server: Server) -> None:
    """The node has applied everything that is wished now, and says so."""
    server.refresh_from_db()
    last = NodeStatus.objects.values_list("last_report_id", flat=True).get(server=server)
    report = Report(
        report_id=last + 1,
        epoch=server.epoch,
        applied_rev=server.revision,
        interface_epoch=f"boot:{uuid4()}",
        state_hash=None,
        agent_version="tests",
        peers=[],
        load={},
        notes=[],
    )
    take_report(server_id=server.pk, report=report)
