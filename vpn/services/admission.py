"""Who may have tunnels now. Computed from stored facts and never toggled, so that it can be asked again at any time.

Whatever may change the answer (the account, its plan, its usage, a device's own state) ends in `settle_customer` or, inside a transaction
of its own, `admit_customer`. Both may be repeated; both write only what differs.
"""

from __future__ import annotations

from operator import attrgetter
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from billing.entitlements import Entitlement, entitlement_for
from nexusvpn.errors import NotFound
from vpn.locks import lock_customer
from vpn.models import IpAssignment, Peer, QuotaMeter, VpnConfig
from vpn.services.quota import Meter, settle_meter, tell_about_quota
from vpn.services.wishes import wish_assignment, wish_peer


def settle_customer(user_id: UUID) -> None:
    """Bring a person's meter and tunnels to what their account, plan and usage admit now. An account that is gone needs nothing."""
    settle_meter(user_id)
    try:
        # The customer's lock closes the race with a device that is just being added.
        with transaction.atomic(durable=True):
            admit_customer(user_id)
    except NotFound:
        return
    tell_about_quota(user_id)


def admit_customer(user_id: UUID, *, removed: VpnConfig | None = None) -> None:
    """Decide for each live device of a person whether it may have tunnels, and wish accordingly. Inside a transaction.

    `removed` is a device that this transaction has removed. The orders to drop it are given here, because servers are locked in the order
    of their ids; also where one was given before and is not confirmed, so that a confirmation that is just being taken is not the last.
    """
    user = lock_customer(user_id)
    entitlement = entitlement_for(user)
    over_quota = is_over_quota(user_id)
    devices: dict[UUID, VpnConfig] = {}
    for rank, device in enumerate(VpnConfig.objects.live().filter(user=user).by_precedence()):
        blocked = _why_blocked(user, device, rank, entitlement, over_quota)
        if blocked != device.blocked:
            device.blocked = blocked
            device.save(update_fields=["blocked"])
        devices[device.pk] = device
    live = IpAssignment.objects.live().filter(user_id=user_id).select_related("location").order_by("server_id", "id")
    held = Peer.objects.filter(device=removed).select_related("assignment").order_by("id") if removed else ()
    for row in sorted((*held, *live), key=attrgetter("server_id")):
        if isinstance(row, Peer):
            wish_peer(assignment=row.assignment, public_key=row.public_key, wanted=False)
        else:
            _admit_assignment(row, devices[row.device_id], entitlement)


def _why_blocked(
    user: User, device: VpnConfig, rank: int, entitlement: Entitlement, over_quota: bool
) -> VpnConfig.Blocked:
    """The first reason that applies. `rank` counts the person's devices, those first that they chose, then the oldest."""
    if not user.is_active:
        return VpnConfig.Blocked.ACCOUNT
    if device.suspended_by:
        return VpnConfig.Blocked.SUSPENDED
    if device.expires_at is not None and device.expires_at <= timezone.now():
        return VpnConfig.Blocked.EXPIRED
    if rank >= entitlement.device_limit:
        return VpnConfig.Blocked.PLAN_LIMIT
    return VpnConfig.Blocked.OVER_QUOTA if over_quota else VpnConfig.Blocked.NOT


def _admit_assignment(assignment: IpAssignment, device: VpnConfig, entitlement: Entitlement) -> None:
    beyond_plan = assignment.location.premium and not entitlement.premium_locations
    blocked = IpAssignment.Blocked.PREMIUM if beyond_plan else IpAssignment.Blocked.NOT
    if blocked != assignment.blocked:
        assignment.blocked = blocked
        assignment.save(update_fields=["blocked"])
    wish_assignment(assignment, device.public_key, wanted=not blocked and not device.blocked)


def is_over_quota(user_id: UUID) -> bool:
    """Whether the present period's data is used up."""
    meter = QuotaMeter.objects.filter(pk=user_id).values_list(*Meter._fields).first()
    return meter is not None and Meter(*meter).is_used_up
