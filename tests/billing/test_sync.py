"""What a sync makes of what Stripe has."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from billing.models import (
    Invoice,
    LedgerEntry,
    Payment,
    StripeCustomer,
    StripeEvent,
    Subscription,
)
from billing.services.sync import sync_customer
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db


def test_a_subscription_becomes_rows(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    id = subscribe(shop, customer)
    shop.catch_up()
    row = Subscription.objects.select_related("price__plan").get()
    at_stripe = shop.subscription(id)
    assert row.price
    assert (row.pk, row.user, row.status, row.price.plan.code) == (id, alice, "active", "basic")
    assert int(row.current_period_end.timestamp()) == at_stripe["items"].data[0].current_period_end
    assert row.paid_until == row.current_period_end
    assert (row.unpaid_since, row.withheld, row.is_surplus) == (None, "", False)
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.total_minor, invoice.currency, invoice.subscription_id) == ("paid", 499, "USD", id)
    assert invoice.price == row.price
    payment = Payment.objects.get()
    assert (payment.status, payment.amount_minor, payment.invoice) == ("succeeded", 499, invoice)
    assert len(payment.card_fingerprint_hash) == 64
    kept = StripeCustomer.objects.get()
    assert (kept.currency, kept.card_brand, kept.card_last4) == ("USD", "visa", "4242")
    assert {event.state for event in StripeEvent.objects.filter(customer_id=customer)} == {StripeEvent.State.DONE}


def test_the_books_say_what_moved(shop: Shop, alice: User) -> None:
    subscribe(shop, payer(shop, alice))
    shop.catch_up()
    moved = sum(LedgerEntry.objects.values_list("amount_minor", flat=True))
    assert moved == sum(one.net for one in shop.api.balance_transactions.list().data)


def test_who_begins_a_plan_gets_one_mail(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    shop.catch_up()
    sync_customer(customer)
    (mail,) = waiting_mails()
    assert mail.row.kind == "plan_started"
    assert "$4.99" in mail.text


def test_a_sync_that_finds_nothing_new_writes_nothing(
    shop: Shop, alice: User, django_assert_max_num_queries: Any
) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    shop.catch_up()
    before = [list(model.objects.values()) for model in (Subscription, Invoice, Payment, LedgerEntry)]
    with django_assert_max_num_queries(60):
        sync_customer(customer)
    assert [list(model.objects.values()) for model in (Subscription, Invoice, Payment, LedgerEntry)] == before
