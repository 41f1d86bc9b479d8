"""Which payments count no more, and what is to be known of one by whoever gives something for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from billing.models import Invoice
from billing.services.undone import PaidInvoice, disputed_invoices, paid_invoice, sharing_card, undone_invoices
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.factories.payments import make_dispute, make_invoice, make_payment, make_subscription

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=365)


@pytest.mark.parametrize(("back", "is_undone"), [(0, False), (249, False), (250, True), (499, True)])
def test_one_paid_back_by_half_or_more(alice: User, back: int, is_undone: bool) -> None:
    invoice = make_invoice(alice)
    make_payment(alice, invoice, refunded_minor=back)
    assert undone_invoices(since=LONG_AGO) == ({invoice.pk} if is_undone else set())


def test_all_that_was_paid_for_an_invoice_counts_together(alice: User) -> None:
    invoice = make_invoice(alice)
    make_payment(alice, invoice, amount_minor=100, refunded_minor=100)
    make_payment(alice, invoice, amount_minor=399)
    make_payment(alice, invoice, amount_minor=499, status="failed")
    assert undone_invoices(since=LONG_AGO) == set()


@pytest.mark.parametrize(
    ("status", "is_undone"),
    [
        ("needs_response", False),
        ("under_review", False),
        ("lost", True),
        ("won", False),
        ("warning_needs_response", False),
    ],
)
def test_one_that_the_bank_asks_back_once_it_has_decided(alice: User, status: str, is_undone: bool) -> None:
    invoice = make_invoice(alice)
    make_dispute(make_payment(alice, invoice), status=status)
    assert undone_invoices(since=LONG_AGO) == ({invoice.pk} if is_undone else set())
    is_open = status in ("needs_response", "under_review")
    assert set(disputed_invoices()) == ({invoice.pk} if is_open else set())


def test_one_for_a_subscription_that_is_one_too_many(alice: User) -> None:
    make_invoice(alice, make_subscription(alice))
    surplus = make_invoice(alice, make_subscription(alice, is_surplus=True))
    assert undone_invoices(since=LONG_AGO) == {surplus.pk}


def test_it_is_asked_of_some_or_of_what_is_news(alice: User, bob: User) -> None:
    now = timezone.now()
    old, new = make_invoice(alice), make_invoice(bob)
    make_payment(alice, old, refunded_minor=499, at=now - timedelta(days=2))
    make_payment(bob, new, refunded_minor=499, at=now)
    make_dispute(make_payment(alice, old), synced_at=now - timedelta(days=2))
    make_invoice(alice, make_subscription(alice, is_surplus=True, synced_at=now - timedelta(days=2)))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert undone_invoices(since=now - timedelta(days=1)) == {new.pk}
    assert len(asked) == 3
    assert undone_invoices(since=LONG_AGO, among=[old.pk]) == {old.pk}
    assert undone_invoices(since=LONG_AGO, among=[]) == set()


def test_what_happens_at_stripe_is_found_after_its_sync(shop: Shop, alice: User) -> None:
    subscribe(shop, payer(shop, alice))
    shop.catch_up()
    invoice = Invoice.objects.get()
    begun = timezone.now()
    assert undone_invoices(since=begun) == set()
    shop.api.refunds.create({"charge": alice.payments.get().pk, "amount": 300})
    shop.catch_up()
    assert undone_invoices(since=begun) == {invoice.pk}
    assert invoice.paid_at
    assert paid_invoice(invoice.pk) == PaidInvoice(alice.pk, 499, "USD", invoice.paid_at, back_minor=300)


def test_an_invoice_counts_as_paid_where_money_came(alice: User) -> None:
    assert paid_invoice("in_nobodys") is None
    assert paid_invoice(make_invoice(alice, status="open", amount_paid_minor=0, paid_at=None).pk) is None
    assert paid_invoice(make_invoice(alice, amount_paid_minor=0).pk) is None
    at = timezone.now()
    in_part = make_invoice(alice, at=at, amount_paid_minor=199)
    assert paid_invoice(in_part.pk) == PaidInvoice(alice.pk, 199, "USD", at)


def test_the_same_card_of_two_people_is_noticed(alice: User, bob: User, charlie: User) -> None:
    for user, card in ((alice, "a"), (alice, "b"), (bob, "b"), (charlie, "c"), (charlie, "")):
        make_payment(user, card_fingerprint_hash=card)
    make_payment(alice, card_fingerprint_hash="")
    everybody = [alice.pk, bob.pk, charlie.pk]
    assert sharing_card(alice.pk, everybody) == {bob.pk}
    assert sharing_card(alice.pk, [charlie.pk]) == set()
    assert sharing_card(charlie.pk, everybody) == set()
