"""Which devices stay where a plan has room for fewer: those that their owner chose, then the oldest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import User
from billing.models import Plan
from billing.plan_effects import PlanEffect
from nexusvpn.errors import InvalidInput
from vpn.locks import lock_customer
from vpn.models import IpAssignment, VpnConfig
from vpn.services.admission import admit_customer


@dataclass(frozen=True, slots=True)
class Choice:
    """A device, whether its owner chose it, and whether it stays with so much room."""

    device: VpnConfig
    is_chosen: bool
    stays: bool


def choices_of(user: User, room: int) -> list[Choice]:
    """All live devices, those first that stay first."""
    devices = VpnConfig.objects.live().filter(user=user).select_related("location").by_precedence()
    return [Choice(device, device.kept_at is not None, rank < room) for rank, device in enumerate(devices)]


def keep_devices(*, user: User, device_ids: Collection[UUID]) -> None:
    """Have these devices stay before all others, now and with whatever plan comes. None: the oldest stay. May be repeated.

    Raises InvalidInput for what is no live device of the person's; then nothing is changed.
    """
    # The customer's lock closes the race with an admission and with a device that is just added or removed.
    with transaction.atomic(durable=True):
        lock_customer(user.pk, active=True)
        live = VpnConfig.objects.live().filter(user=user)
        chosen = live.filter(pk__in=set(device_ids))
        if chosen.count() != len(set(device_ids)):
            raise InvalidInput(fields={"devices": [_("Choose among the devices that you have now.")]})
        live.exclude(pk__in=set(device_ids)).filter(kept_at__isnull=False).update(kept_at=None)
        chosen.filter(kept_at=None).update(kept_at=timezone.now())
        admit_customer(user.pk)


def effects_of_plan(user: User, plan: Plan) -> list[PlanEffect]:
    """Which devices would stop with a plan, and which would lose a location; what is so already is not told again."""
    choices = choices_of(user, plan.device_limit)
    stopping = [choice.device for choice in choices if not choice.stays and choice.device.blocked != _BEYOND]
    effects = []
    if stopping:
        link = f"{reverse('devices-keep')}?{urlencode({'plan': plan.code})}"
        names = tuple(device.name for device in stopping)
        effects.append(
            PlanEffect(_("These devices stop; they keep their addresses"), names, link, _("Choose which stay"))
        )
    if not plan.premium_locations and (names := _premium_places([c.device for c in choices if c.stays])):
        effects.append(PlanEffect(_("These devices lose a premium location"), names))
    return effects


_BEYOND = VpnConfig.Blocked.PLAN_LIMIT


def _premium_places(devices: list[VpnConfig]) -> tuple[str, ...]:
    placed = IpAssignment.objects.live().filter(device__in=devices, location__premium=True, blocked="")
    rows = placed.order_by("device__created_at", "location__name").values_list("device__name", "location__name")
    return tuple(_("{device} in {location}").format(device=device, location=location) for device, location in rows)
