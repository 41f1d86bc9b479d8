from __future__ import annotations

import importlib

from accounts.models import User
from billing.models import Plan, PlanGrant


def make_plans() -> None:
    """The standard plans, as the migration makes them; for databases that a test has emptied."""
    standard = importlib.import_module("billing.migrations.0002_standard_plans").PLANS
    for values in standard:
        Plan.objects.get_or_create(code=values["code"], defaults=values)


def grant(user: User, code: str) -> PlanGrant:
    return PlanGrant.objects.create(user=user, plan=Plan.objects.get(code=code), reason="test")
