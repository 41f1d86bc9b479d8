from __future__ import annotations

import importlib

from accounts.models import User
from billing.models import Plan, PlanGrant


def make_plans() -> None:
    """The standard plans, as the migration makes them; for databases that a test has emptied."""
    if Plan.objects.exists():
        return
    standard = importlib.import_module("billing.migrations.0002_standard_plans").PLANS
    Plan.objects.bulk_create(Plan(**values) for values in standard)


def grant(user: User, code: str) -> PlanGrant:
    return PlanGrant.objects.create(user=user, plan=Plan.objects.get(code=code), reason="test")
