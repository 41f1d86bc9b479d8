"""The books: what Stripe moved is written down once, in the currency in which it moved, and never changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from billing.gateway.client import Stripe
from billing.models import LedgerEntry, Payment
from billing.services.ledger import balance_of, balances, record_account_fees, record_credits, record_transactions
from tests.billing.shop import Shop
from tests.factories.payments import make_invoice, make_payment, make_subscription
from tests.invariants import assert_invariants

AT = 1_790_000_000


def booked(id: str, amount: int, *, type: str = "charge", source: Any = "ch_1", fee: int = 0, **more: Any) -> Any:
    """A balance transaction as Stripe gives it."""
    categories = {"adjustment": "dispute"}
    values = {
        "id": id,
        "object": "balance_transaction",
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "currency": "usd",
        "created": AT,
        "exchange_rate": None,
        "reporting_category": categories.get(type, type),
        "source": source,
        "type": type,
    }
    return {**values, **more}


def entries() -> list[tuple[str, str, int, str]]:
    rows = LedgerEntry.objects.order_by("id")
    return list(rows.values_list("kind", "source", "amount_minor", "currency"))


@pytest.fixture
def payment(alice: User) -> Payment:
    return make_payment(alice, make_invoice(alice, make_subscription(alice)), stripe_id="ch_1")


def test_a_charge_and_its_fee_are_written_once_however_often_they_are_told(payment: Payment) -> None:
    told = [booked("txn_1", 499, fee=44)]
    assert record_transactions(told, payment) == 2
    assert record_transactions(told, payment) == 0
    assert entries() == [("charge", "ch_1", 499, "USD"), ("fee", "txn_1", -44, "USD")]
    entry = LedgerEntry.objects.get(kind="charge")
    assert payment.invoice is not None
    assert (entry.user_id, entry.price_id) == (payment.user_id, payment.invoice.price_id)
    assert (entry.invoice_id, entry.balance_transaction_id) == (payment.invoice_id, "txn_1")
    assert entry.occurred_at.timestamp() == AT


def test_a_dispute_that_is_won_leaves_its_withdrawal_and_its_reversal(payment: Payment) -> None:
    taken = booked("txn_2", -499, type="adjustment", source="dp_1", fee=1500)
    back = booked("txn_3", 499, type="adjustment", source="dp_1")
    assert record_transactions([booked("txn_1", 499), taken], payment) == 3
    assert record_transactions([booked("txn_1", 499), taken, back], payment) == 1
    assert entries()[1:] == [
        ("dispute", "txn_2", -499, "USD"),
        ("fee", "txn_2", -1500, "USD"),
        ("dispute_reversal", "txn_3", 499, "USD"),
    ]
    assert balance_of(payment.user, "money", "usd") == 499 - 1500


def test_parts_of_a_payment_are_paid_back_one_by_one_and_what_the_bank_returns_counts_again(payment: Payment) -> None:
    parts = [booked(f"txn_{n}", -100, type="refund", source=f"re_{n}") for n in (2, 3)]
    returned = booked("txn_4", 100, type="refund_failure", source="re_3")
    assert record_transactions([booked("txn_1", 499), *parts, returned], payment) == 4
    assert balance_of(payment.user, "money", "USD") == 399
    assert entries()[-1] == ("adjustment", "txn_4", 100, "USD")


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 750), ("KWD", 1250)])
def test_smallest_units_are_taken_as_they_are(alice: User, currency: str, amount: int) -> None:
    payment = make_payment(alice, stripe_id="ch_1", currency=currency, amount_minor=amount)
    record_transactions([booked("txn_1", amount, fee=57, currency=currency.lower())], payment)
    assert entries() == [("charge", "ch_1", amount, currency), ("fee", "txn_1", -57, currency)]


def test_a_customer_pays_in_their_currency_and_the_fee_is_taken_in_that_of_the_account(alice: User) -> None:
    payment = make_payment(alice, stripe_id="ch_1", currency="JPY", amount_minor=750)
    refund = {"id": "re_1", "object": "refund", "amount": 300, "currency": "jpy"}
    told = [
        booked("txn_1", 503, fee=45, exchange_rate=0.671),
        booked("txn_2", -199, type="refund", source=refund, exchange_rate=0.664),
        booked("txn_3", -302, type="refund", source="re_2", exchange_rate=0.671),
    ]
    record_transactions(told, payment)
    assert entries() == [
        ("charge", "ch_1", 750, "JPY"),
        ("fee", "txn_1", -45, "USD"),
        ("refund", "re_1", -300, "JPY"),
        ("refund", "re_2", -450, "JPY"),
    ]


@pytest.mark.parametrize("status", [Payment.Status.PENDING, Payment.Status.FAILED])
def test_nothing_is_written_of_what_was_not_paid(alice: User, status: str) -> None:
    payment = make_payment(alice, stripe_id="py_1", status=status)
    told = [booked("txn_1", 499, type="payment", source="py_1")]
    back = booked("txn_2", -499, type="payment_failure_refund", source="py_1")
    assert record_transactions([*told, back], payment) == 0
    # A bank may take back what it had paid.
    payment.status = Payment.Status.SUCCEEDED
    assert record_transactions(told, payment) == 1
    payment.status = status
    assert record_transactions([*told, back], payment) == 1
    assert balance_of(alice, "money", "USD") == 0


def test_fees_of_the_account_belong_to_nobody(db: None) -> None:
    told = [booked("txn_1", -200, type="stripe_fee", source=None), booked("txn_2", -900, type="payout", source="po_1")]
    assert record_account_fees(told) == 1
    assert record_account_fees(told) == 0
    assert entries() == [("fee", "txn_1", -200, "USD")]


def test_credit_is_what_we_owe_the_customer(alice: User) -> None:
    def credit(id: str, amount: int, type: str = "adjustment", currency: str = "usd") -> Any:
        return {"id": id, "amount": amount, "type": type, "currency": currency, "created": AT}

    told = [
        credit("cbtxn_1", -1000),
        credit("cbtxn_2", 499, "applied_to_invoice"),
        credit("cbtxn_3", 20, "invoice_too_small"),
        credit("cbtxn_4", -500, currency="jpy"),
        credit("cbtxn_5", 0),
    ]
    assert record_credits(told, alice) == 4
    assert record_credits(told, alice) == 0
    assert entries() == [
        ("credit", "cbtxn_1", 1000, "USD"),
        ("credit_used", "cbtxn_2", -499, "USD"),
        ("debt", "cbtxn_3", -20, "USD"),
        ("credit", "cbtxn_4", 500, "JPY"),
    ]
    assert balances(alice) == {("credit", "USD"): 481, ("credit", "JPY"): 500}
    assert balance_of(alice, "credit", "USD") == 481
    assert balance_of(alice, "money", "USD") == 0


def test_what_stripe_says_of_a_charge_its_refund_and_its_dispute_adds_up_to_its_balance(
    shop: Shop, alice: User
) -> None:
    intent = shop.api.payment_intents.create(
        {"amount": 1500, "currency": "jpy", "payment_method": "pm_card_visa", "confirm": True}
    )
    charge = str(intent.latest_charge)
    shop.api.refunds.create({"charge": charge, "amount": 500})
    shop.post("disputes", charge=charge, amount=1000)
    payment = make_payment(alice, stripe_id=charge, currency="JPY", amount_minor=1500)
    with Stripe() as api:
        told = list(api.each(lambda v1, page: v1.balance_transactions.list(page)))
    assert record_transactions(told, payment) == 5
    assert {kind for kind, *_ in entries()} == {"charge", "refund", "dispute", "fee"}
    assert balance_of(alice, "money", "JPY") == sum(one["net"] for one in told)
    assert_invariants()


def test_an_entry_can_be_neither_changed_nor_deleted(payment: Payment) -> None:
    record_transactions([booked("txn_1", 499)], payment)
    entry = LedgerEntry.objects.get()

    def by_sql(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    entry.amount_minor = 1
    ways: list[Callable[[], Any]] = [
        entry.save,
        entry.delete,
        lambda: LedgerEntry.objects.update(amount_minor=1),
        lambda: LedgerEntry.objects.all().delete(),
        lambda: by_sql("UPDATE billing_ledgerentry SET note = 'x'"),
        lambda: by_sql("DELETE FROM billing_ledgerentry"),
    ]
    for way in ways:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            way()
    assert entries() == [("charge", "ch_1", 499, "USD")]


def test_the_invariants_see_more_paid_back_than_was_paid(payment: Payment) -> None:
    record_transactions([booked("txn_1", 499)], payment)
    assert_invariants()
    record_transactions([booked("txn_2", -500, type="refund", source="re_1")], payment)
    with pytest.raises(AssertionError, match="I3"):
        assert_invariants()
