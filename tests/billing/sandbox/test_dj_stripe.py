"""dj-stripe, which is the product's mirror of Stripe, reads what the sandbox answers.

In a process of its own: the product has not installed dj-stripe yet, and its settings are not touched for this.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.billing.sandbox.test_shapes import live
from tests.billing.sandbox.world import KEY, World

_PROGRAM = """
import sys
import django
from django.conf import settings
from django.core.management import call_command

key, url, customer = sys.argv[1:]
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "djstripe"],
    MIGRATION_MODULES={"djstripe": None, "auth": None, "contenttypes": None},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
    SECRET_KEY="only for this process",
    STRIPE_LIVE_MODE=False,
    STRIPE_TEST_SECRET_KEY=key,
    USE_TZ=True,
)
django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)

import stripe
from djstripe import models

stripe.api_key, stripe.api_base = key, url
for name in (
    "Product", "Price", "Customer", "Coupon", "PaymentMethod", "Subscription", "PaymentIntent", "Charge", "Invoice",
    "Refund", "Dispute", "BalanceTransaction", "Session", "Event",
):
    model = getattr(models, name)
    service = stripe.checkout.Session if name == "Session" else getattr(stripe, name)
    more = {"customer": customer} if name == "PaymentMethod" else {}
    expand = {"expand": ["data.discounts"]} if name in ("Invoice", "Subscription") else {}
    listed = service.list(limit=100, **more, **expand).data
    for one in listed:
        model.sync_from_stripe_data(one, api_key=key)
    assert listed, name
    assert {one.id for one in listed} <= set(model.objects.values_list("id", flat=True)), name
print("read")
"""


def test_dj_stripe_reads_every_kind(world: World) -> None:
    live(world)
    customer = world.api.customers.list({"email": "alice@example.com"}).data[0].id
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM, KEY, world.server.url, customer],
        cwd=Path(__file__).resolve().parents[3],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.stdout.strip() == "read", ran.stderr[-3000:]
