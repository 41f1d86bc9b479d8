"""What each plan cost until now is its price a month; the standard plans get prices a year and in other currencies."""

from typing import Any

from django.db import migrations

# Ten months' price a year. The yen has no smaller unit.
PRICES: dict[str, dict[str, dict[str, int]]] = {
    "basic": {
        "USD": {"month": 499, "year": 4990},
        "EUR": {"month": 499, "year": 4990},
        "GBP": {"month": 449, "year": 4490},
        "JPY": {"month": 700, "year": 7000},
    },
    "pro": {
        "USD": {"month": 999, "year": 9990},
        "EUR": {"month": 999, "year": 9990},
        "GBP": {"month": 899, "year": 8990},
        "JPY": {"month": 1400, "year": 14000},
    },
}


def create_prices(apps: Any, schema_editor: Any) -> None:
    plans = apps.get_model("billing", "Plan").objects
    prices = apps.get_model("billing", "PlanPrice").objects
    for plan in plans.filter(price_minor__gt=0):
        prices.get_or_create(
            plan=plan,
            interval="month",
            currency=plan.currency.upper(),
            is_current=True,
            defaults={"amount_minor": plan.price_minor},
        )
        # A plan that staff have priced otherwise gets no prices that they did not choose.
        if plan.price_minor != PRICES.get(plan.code, {}).get(plan.currency.upper(), {}).get("month"):
            continue
        for currency, amounts in PRICES[plan.code].items():
            for interval, amount in amounts.items():
                prices.get_or_create(
                    plan=plan,
                    interval=interval,
                    currency=currency,
                    is_current=True,
                    defaults={"amount_minor": amount},
                )
    plans.filter(code="pro").update(priority_support=True)


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_payments")]
    operations = [migrations.RunPython(create_prices, migrations.RunPython.noop)]
