from __future__ import annotations

import importlib

from accounts.models import User
from billing.models import Plan, PlanGrant, PlanPrice


def make_plans() -> None:
    """The standard plans, as the migration makes them; for databases that a test has emptied."""
    if Plan.objects.exists():
        return
    standard = importlib.import_module("billing.migrations.0002_standard_plans").PLANS
    prices = importlib.import_module("billing.migrations.0005_standard_prices").PRICES
    kept = {field.name for field in Plan._meta.concrete_fields}
    plans = Plan.objects.bulk_create(
        Plan(
            **{name: value for name, value in values.items() if name in kept}, priority_support=values["code"] == "pro"
        )
        for values in standard
    )
    PlanPrice.objects.bulk_create(
        PlanPrice(plan=plan, interval=interval, currency=currency, amount_minor=amount)
        for plan in plans
        for currency, amounts in prices.get(plan.code, {}).items()
        for interval, amount in amounts.items()
    )


def grant(user: User, code: str) -> PlanGrant:
    return PlanGrant.objects.create(user=user, plan=Plan.objects.get(code=code), reason="test")
