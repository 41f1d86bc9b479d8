"""dj-stripe's tables hold a copy of what was synced, and nothing secret."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.db import connection
from djstripe import models

from accounts.models import User
from billing.models import Discrepancy, Payment, Subscription
from billing.services import copies
from billing.services.sync import sync_customer
from tests.billing.lives import payer, subscribe
from tests.billing.sandbox.world import KEY
from tests.billing.shop import Shop

pytestmark = pytest.mark.django_db


def test_every_kind_of_object_is_copied(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    id = subscribe(shop, customer)
    shop.catch_up()
    charge = Payment.objects.get().pk
    shop.api.refunds.create({"charge": charge, "amount": 100})
    shop.catch_up()
    shop.api.subscriptions.update(id, {"cancel_at_period_end": True})
    shop.catch_up()
    assert models.Customer.objects.get().id == customer
    copied = models.Subscription.objects.get()
    assert (copied.id, copied.stripe_data["cancel_at_period_end"], copied.customer.id) == (id, True, customer)
    assert models.Charge.objects.get().stripe_data["amount_refunded"] == 100
    assert models.Refund.objects.get().charge.id == charge
    for name in ("Product", "Price", "PaymentMethod", "Invoice", "LineItem", "SubscriptionItem", "BalanceTransaction"):
        assert getattr(models, name).objects.exists(), name
    assert not Discrepancy.objects.exists()


def test_a_dispute_is_copied(shop: Shop, alice: User) -> None:
    subscribe(shop, payer(shop, alice))
    shop.catch_up()
    shop.post("disputes", charge=Payment.objects.get().pk)
    shop.catch_up()
    assert models.Dispute.objects.get().charge.id == Payment.objects.get().pk
    assert not Discrepancy.objects.exists()


def test_no_table_holds_the_key(shop: Shop, alice: User) -> None:
    subscribe(shop, payer(shop, alice))
    shop.catch_up()
    assert models.Subscription.objects.exists()
    assert not models.APIKey.objects.exists()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{KEY}%"])
            assert cursor.fetchone() == (0,), table


def test_the_copy_asks_for_a_price_once_and_for_nothing_else(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    asked: list[str] = []
    original = shop.server.sandbox.faults.before

    def note(path: str) -> Any:
        asked.append(path)
        return original(path)

    with mock.patch.object(shop.server.sandbox.faults, "before", note):
        shop.catch_up()
        first = [path for path in asked if path.startswith(("/v1/prices/", "/v1/products"))]
        asked.clear()
        sync_customer(customer, everything=True)
        again = [path for path in asked if path.startswith(("/v1/prices/", "/v1/products", "/v1/account"))]
    assert len(first) == 1
    assert again == []


def test_a_copy_that_cannot_be_written_is_shown_to_staff_and_fails_nothing(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    with mock.patch.object(copies, "mirror", side_effect=ValueError):
        shop.catch_up()
    assert Subscription.objects.get().status == "active"
    assert Discrepancy.objects.get(kind=Discrepancy.Kind.MIRROR).details == {"error": "ValueError"}
    sync_customer(customer, everything=True)
    assert Discrepancy.objects.get(kind=Discrepancy.Kind.MIRROR).healed_at is not None
    assert models.Subscription.objects.exists()
