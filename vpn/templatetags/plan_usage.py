"""How much of a plan is in use, for pages that are about the plan and not about devices."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from accounts.models import User
from billing.entitlements import Entitlement
from vpn.models import VpnConfig
from vpn.services.usage import usage_since

register = template.Library()


@dataclass(frozen=True, slots=True)
class PlanUsage:
    """Devices, and bytes both ways since the period began."""

    devices: int
    bytes_used: int


@register.simple_tag
def plan_usage(user: User, entitlement: Entitlement) -> PlanUsage:
    devices = VpnConfig.objects.live().filter(user=user).count()
    return PlanUsage(devices, usage_since(user.pk, entitlement.period_start.date()).total)
