"""What is promised to whom: how soon a ticket gets its first answer, and how soon it is resolved."""

from __future__ import annotations

from typing import NamedTuple

from accounts.models import User
from billing.entitlements import entitlement_for
from nexusvpn.errors import Unavailable
from support.models import ServiceLevel


class Promise(NamedTuple):
    """In working minutes."""

    answer_minutes: int
    resolution_minutes: int


def promise_for(user: User, priority: str) -> Promise | None:
    """The row of the person's plan now, else that of all others; None where neither is there."""
    rows = ServiceLevel.objects.filter(plan__in={"", _plan_code(user)}, priority=priority)
    levels = {level.plan: level for level in rows}
    if not levels:
        return None
    # The plan's own row has a name, which is greater than none.
    level = levels[max(levels)]
    return Promise(level.answer_minutes, level.resolution_minutes)


def _plan_code(user: User) -> str:
    try:
        return entitlement_for(user).plan_code
    except Unavailable:
        # Questions are taken before any plan is set up.
        return ""
