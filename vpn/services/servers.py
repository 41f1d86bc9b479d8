"""What staff do with a server besides enrolling and emptying it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from nexusvpn.audit import record_act
from vpn.locks import lock_server
from vpn.models import Server
from vpn.services.wake import wake_server

MASS_REMOVAL_WINDOW = timedelta(minutes=10)


def renew_interface(*, server_id: UUID) -> None:
    """After a change of port, MTU or network: a new epoch, so that the node takes a snapshot with the new interface.

    In the transaction of the change, where there is one.
    """
    with transaction.atomic():
        lock_server(server_id)
        Server.objects.filter(pk=server_id).update(epoch=uuid4())
        transaction.on_commit(lambda: wake_server(server_id))


def allow_mass_removal(*, server_id: UUID, by: User | None = None) -> None:
    """For ten minutes the node may remove any number of peers that no order named; it is told with a snapshot, at once."""
    with transaction.atomic():
        server = lock_server(server_id)
        server.mass_removal_until = timezone.now() + MASS_REMOVAL_WINDOW
        server.epoch = uuid4()
        server.save(update_fields=["mass_removal_until", "epoch"])
        record_act("mass_removal_allowed", actor=by, target=server)
        transaction.on_commit(lambda: wake_server(server_id))
