"""What follows from a sync, each once: mails, the signal of a payment, entitlement told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.dispatch import Signal

from accounts.models import User
from billing.models import Invoice
from billing.services.effects import once
from billing.services.sync import sync_customer
from billing.signals import entitlement_changed, payment_succeeded
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db


@contextmanager
def heard(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []

    def hear(sender: Any, **said: Any) -> None:
        told.append({name: value for name, value in said.items() if name != "signal"})

    signal.connect(hear)
    try:
        yield told
    finally:
        signal.disconnect(hear)


def kinds() -> list[str]:
    return [mail.row.kind for mail in waiting_mails()]


def test_a_key_is_new_once(db: None) -> None:
    assert [once("mail:1"), once("mail:1"), once("mail:2")] == [True, False, True]


def test_every_paid_invoice_is_told_once(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    with heard(payment_succeeded) as told:
        shop.catch_up()
        sync_customer(customer, everything=True)
        shop.advance(days=31.5)
        shop.catch_up()
        sync_customer(customer, everything=True)
    invoices = Invoice.objects.order_by("created_at").values_list("pk", flat=True)
    assert told == [{"user_id": alice.pk, "invoice_id": id} for id in invoices]
    assert len(told) == 2
    assert kinds() == ["plan_started", "payment_received"]


def test_a_trial_is_no_payment(shop: Shop, alice: User) -> None:
    subscribe(shop, payer(shop, alice), trial_period_days=7)
    with heard(payment_succeeded) as told:
        shop.catch_up()
    assert told == []
    (mail,) = waiting_mails()
    assert mail.row.kind == "plan_started"
    assert "It is a trial until" in mail.text


def test_a_failed_first_payment_begins_nothing(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice, "pm_card_chargeCustomerFail")
    subscribe(shop, customer)
    with heard(payment_succeeded) as told:
        shop.catch_up()
    assert (told, kinds()) == ([], [])


def test_an_end_is_told_once(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    id = subscribe(shop, customer)
    shop.api.subscriptions.cancel(id)
    shop.catch_up()
    sync_customer(customer, everything=True)
    assert kinds() == ["plan_started", "plan_ended"]
    assert alice.notifications.count() == 2


def test_entitlement_is_told_when_what_it_is_made_from_changes_and_not_otherwise(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    id = subscribe(shop, customer)
    with heard(entitlement_changed) as told:
        shop.catch_up()
        assert {one["user_id"] for one in told} == {alice.pk}
        told.clear()
        shop.api.customers.update(customer, {"name": "Alice"})
        shop.api.subscriptions.update(id, {"metadata": {"colour": "blue"}})
        assert shop.catch_up() == ["customer.updated", "customer.subscription.updated"]
        sync_customer(customer, everything=True)
        assert told == []
        shop.api.subscriptions.update(id, {"cancel_at_period_end": True})
        shop.catch_up()
        assert told == [{"user_id": alice.pk}]


def test_nobody_is_written_to_about_what_is_long_past(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    store = shop.server.sandbox.store
    for kind in ("subscription", "invoice"):
        for one in store.all(kind):
            for name in ("start_date", "created"):
                if name in one:
                    one[name] -= 40 * 86400
            if "status_transitions" in one:
                one["status_transitions"]["paid_at"] -= 40 * 86400
    with heard(payment_succeeded) as told:
        shop.catch_up()
    assert len(told) == 1
    assert kinds() == []


def test_an_erased_person_hears_nothing_and_leaves_no_card(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    User.objects.filter(pk=alice.pk).update(is_active=False, erased_at=alice.date_joined)
    subscribe(shop, customer)
    shop.catch_up()
    invoice = Invoice.objects.get()
    assert (kinds(), invoice.hosted_url, invoice.pdf_url) == ([], "", "")
    assert invoice.payments.get().card_fingerprint_hash == ""
    assert alice.stripe_customers.get().card_last4 == ""
