"""The three plans that every installation starts with; staff change them in the admin."""

from typing import Any

from django.db import migrations

GB = 1_000_000_000
PLANS: list[dict[str, Any]] = [
    {
        "code": "free",
        "name": "Free",
        "description": "One device, 10 GB a month, standard locations.",
        "rank": 0,
        "device_limit": 1,
        "quota_bytes": 10 * GB,
        "premium_locations": False,
        "price_minor": 0,
    },
    {
        "code": "basic",
        "name": "Basic",
        "description": "Five devices, no data limit, standard locations.",
        "rank": 10,
        "device_limit": 5,
        "quota_bytes": None,
        "premium_locations": False,
        "price_minor": 499,
    },
    {
        "code": "pro",
        "name": "Pro",
        "description": "Ten devices, no data limit, every location.",
        "rank": 20,
        "device_limit": 10,
        "quota_bytes": None,
        "premium_locations": True,
        "price_minor": 999,
    },
]


def create_plans(apps: Any, schema_editor: Any) -> None:
    plan = apps.get_model("billing", "Plan")
    for values in PLANS:
        plan.objects.get_or_create(code=values["code"], defaults=values)


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [migrations.RunPython(create_plans, migrations.RunPython.noop)]
