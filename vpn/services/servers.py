"""What staff do with a server besides enrolling its node."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from nexusvpn.errors import Conflict
from vpn.locks import lock_server
from vpn.models import NodeStatus, Server
from vpn.services.device_views import FRESH
from vpn.services.wake import wake_server


def set_draining(*, server_id: UUID, draining: bool) -> Server:
    """Stop giving a server new devices, or begin again; those it has keep working. Raises Conflict (`server_state`).

    A server that takes devices again is online at once if its node has just reported, otherwise with its next report.
    """
    # The server's lock closes the race with its node's enrolment and with another member of staff.
    with transaction.atomic(durable=True):
        server = lock_server(server_id)
        if draining and server.state not in (Server.State.ONLINE, Server.State.OFFLINE):
            raise Conflict("Only a server that is online or offline can be drained.", code="server_state")
        if not draining and server.state != Server.State.DRAINING:
            raise Conflict("This server is not draining.", code="server_state")
        server.state = Server.State.DRAINING if draining else _state_by_report(server)
        server.save(update_fields=["state"])
    return server


def renew_interface(*, server_id: UUID) -> None:
    """After a change of port, MTU or network: a new epoch, so that the node takes a snapshot with the new interface.

    In the transaction of the change, where there is one.
    """
    with transaction.atomic():
        lock_server(server_id)
        Server.objects.filter(pk=server_id).update(epoch=uuid4())
        transaction.on_commit(lambda: wake_server(server_id))


def _state_by_report(server: Server) -> Server.State:
    fresh = NodeStatus.objects.filter(server=server, last_report_at__gt=timezone.now() - FRESH).exists()
    return Server.State.ONLINE if fresh else Server.State.OFFLINE
