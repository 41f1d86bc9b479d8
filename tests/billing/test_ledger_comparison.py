"""The books are compared with Stripe's movements of money: what is missing is written, what differs is for staff."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from billing.gateway.errors import PaymentsUnavailable
from billing.models import (
    Discrepancy,
    LedgerEntry,
)
from billing.services import ledger_comparison
from billing.services.reconcile import book_difference, close_discrepancy
from nexusvpn.errors import Conflict
from tests.billing.comparing import Kind, differences, run
from tests.billing.shop import Shop
from tests.mails import waiting_mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_reader")]


def forget_in_the_books(**which: Any) -> None:
    """As if it had never been written: what no service can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        LedgerEntry.objects.filter(**which).delete()
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.usefixtures("subscription")
def test_a_missing_entry_of_the_books_is_found_and_written() -> None:
    before = set(LedgerEntry.objects.values_list("kind", "source", "amount_minor"))
    transaction = LedgerEntry.objects.get(kind="charge").balance_transaction_id
    forget_in_the_books(balance_transaction_id=transaction)
    found = run(Kind.LEDGER)
    assert (found.error, found.differences) == ("", 1)
    assert differences() == [("ledger_missing", transaction, True)]
    assert set(LedgerEntry.objects.values_list("kind", "source", "amount_minor")) == before
    assert run(Kind.LEDGER).differences == 0


@pytest.mark.usefixtures("subscription")
def test_a_refund_that_is_missing_is_found_by_the_charge_that_it_is_of(shop: Shop) -> None:
    refund = shop.api.refunds.create({"charge": shop.api.charges.list().data[0].id, "amount": 100})
    assert run(Kind.LEDGER).differences == 1
    assert LedgerEntry.objects.get(source=refund.id).amount_minor == -100


@pytest.mark.usefixtures("subscription")
def test_another_amount_and_an_unknown_movement_are_for_staff(sam: User) -> None:
    entry = LedgerEntry.objects.get(kind="charge")
    more = {"account": "money", "currency": "USD", "amount_minor": 1, "occurred_at": entry.occurred_at}
    LedgerEntry.objects.create(
        kind="adjustment", source="wrong", balance_transaction_id=entry.balance_transaction_id, **more
    )
    LedgerEntry.objects.create(kind="charge", source="ch_none", balance_transaction_id="txn_none", **more)
    assert run(Kind.LEDGER).differences == 2
    assert differences() == [
        ("ledger_differs", entry.balance_transaction_id, False),
        ("ledger_unknown", "txn_none", False),
    ]
    net = LedgerEntry.objects.filter(kind="fee").get().amount_minor + 499
    assert Discrepancy.objects.get(kind="ledger_differs").details["net"] == [net + 1, net]
    (mail,) = waiting_mails("payments_differ")
    assert mail.subject == "2 differences from Stripe need somebody"
    # Looked at once is enough: neither comes again.
    for one in Discrepancy.objects.all():
        close_discrepancy(one, by=sam, reason="Booked by hand")
    run(Kind.LEDGER)
    assert len(differences()) == 2


@pytest.mark.usefixtures("subscription")
def test_a_difference_in_the_books_is_booked_and_gone(sam: User) -> None:
    entry = LedgerEntry.objects.get(kind="charge")
    more = {"account": "money", "currency": "USD", "occurred_at": entry.occurred_at}
    for source, amount, transaction in (("wrong", 7, entry.balance_transaction_id), ("ch_none", 11, "txn_none")):
        LedgerEntry.objects.create(
            kind="charge", source=source, amount_minor=amount, balance_transaction_id=transaction, **more
        )
    before = sum(LedgerEntry.objects.values_list("amount_minor", flat=True))
    run(Kind.LEDGER)
    for one in Discrepancy.objects.all():
        book_difference(one, by=sam, reason="A row by hand")
        with pytest.raises(Conflict):
            book_difference(one, by=sam, reason="Again")
    assert sum(LedgerEntry.objects.values_list("amount_minor", flat=True)) == before - 18
    assert run(Kind.LEDGER).differences == 0


@pytest.mark.usefixtures("subscription")
def test_money_of_nobody_here_is_for_staff(shop: Shop) -> None:
    shop.api.payment_intents.create(
        {"amount": 700, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    run(Kind.LEDGER)
    ((kind, _, healed),) = differences()
    assert (kind, healed) == ("ledger_missing", False)


@pytest.mark.usefixtures("subscription")
def test_a_comparison_of_the_books_that_is_stopped_goes_on_from_where_it_came_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, begun = ledger_comparison._compare_between, []

    def away_on_the_third_day(api: Any, begins: datetime, *how: Any) -> None:
        begun.append(begins)
        if len(begun) == 3:
            raise PaymentsUnavailable
        real(api, begins, *how)

    monkeypatch.setattr(ledger_comparison, "_compare_between", away_on_the_third_day)
    stopped = run(Kind.LEDGER)
    assert (stopped.error[:20], stopped.reached) == ("payments_unavailable", begun[2])
    assert begun[2] - begun[0] == timedelta(days=2)
    found = run(Kind.LEDGER)
    assert (found.error, found.differences) == ("", 0)
    assert begun[3] == begun[2] - ledger_comparison.OVERLAP
