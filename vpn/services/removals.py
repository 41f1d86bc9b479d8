"""The proof that a removed device is gone: the time at which the last node that held it said so."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from vpn.locks import lock_revoked_devices
from vpn.models import Peer, VpnConfig


def note_removals(device_ids: Iterable[UUID]) -> None:
    """Note it for those of the devices that are removed and that no node holds any more. Inside a transaction that forgot peers.

    Looked at under the devices' locks: of two nodes that confirm at once the second sees that the first is done.
    """
    removed = VpnConfig.objects.filter(pk__in=lock_revoked_devices(device_ids), removal_confirmed_at=None)
    held = Exists(Peer.objects.filter(device_id=OuterRef("pk")))
    removed.filter(~held).update(removal_confirmed_at=timezone.now())
