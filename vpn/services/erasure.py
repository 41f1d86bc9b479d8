"""What is left of a person's devices when their account is erased, and when.

A key stays on record until every node that held it has confirmed that it is gone, nameless by then; with it the bytes that were counted for
it, since a total must stay the sum of its registers. Normally all nodes have confirmed days before, when the account was shut out.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from nexusvpn.batches import delete_some
from nexusvpn.staff_history import forget_names
from vpn.models import FavouriteLocation, Peer, QuotaMeter, UsageMonth, VpnConfig
from vpn.services.devices import revoke

# A device brings up to a year of its days along.
DEVICES_AT_ONCE = 20


def erase_customer(user_id: UUID, batch: int) -> bool:
    """Erase some of what is the person's; returns whether more may be left. Inside a transaction that holds the customer."""
    live = VpnConfig.objects.live().filter(user_id=user_id).order_by("pk").first()
    if live is not None:
        # One a transaction: several would lock their servers in any order.
        revoke(user_id, live.pk)
        return True
    QuotaMeter.objects.filter(pk=user_id).delete()
    FavouriteLocation.objects.filter(user=user_id).delete()
    devices = VpnConfig.objects.filter(user_id=user_id)
    _take_names(devices.exclude(name="")[:batch])
    more = delete_some(_held_by_nobody(devices), DEVICES_AT_ONCE)
    return delete_some(UsageMonth.objects.filter(user_id=user_id), batch) or devices.exclude(name="").exists() or more


def _take_names(devices: QuerySet[VpnConfig]) -> None:
    ids = list(devices.values_list("pk", flat=True))
    VpnConfig.objects.filter(pk__in=ids).update(name="")
    forget_names(VpnConfig, ids)


def _held_by_nobody(devices: QuerySet[Any]) -> QuerySet[Any]:
    return devices.exclude(Exists(Peer.objects.filter(device=OuterRef("pk"))))


def erase_left_devices() -> None:
    """Erase the devices of erased accounts that the last node has let go of meanwhile."""
    left = _held_by_nobody(VpnConfig.objects.filter(user__erased_at__isnull=False))
    more = True
    while more:
        # A device with its registers and days: a total is the sum of its registers at every moment.
        with transaction.atomic(durable=True):
            more = delete_some(left, DEVICES_AT_ONCE)
