"""Takings out of sums by days are those of the ledger's entries, however late these were told."""

from __future__ import annotations

import importlib
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from billing import tasks
from billing.models import Invoice, LedgerDay, LedgerEntry, PlanPrice
from billing.services.ledger_days import add_up_finished_days
from billing.services.reports import takings
from tests.factories.accounts import make_user
from tests.factories.billing import make_plans
from tests.factories.payments import make_invoice, price_of, stripe_id

pytestmark = pytest.mark.django_db
JAN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
Sums = dict[tuple[date, str, str], dict[str, int]]
_COLUMNS = {
    "charge": "gross",
    "refund": "refunds",
    "dispute": "disputes",
    "dispute_reversal": "disputes",
    "fee": "fees",
}


def book(
    amount: int,
    occurred: datetime,
    told: datetime | None = None,
    *,
    kind: str = "charge",
    price: PlanPrice | None = None,
    currency: str = "USD",
    user: User | None = None,
    invoice: Invoice | None = None,
) -> None:
    LedgerEntry.objects.create(
        account="money",
        kind=kind,
        amount_minor=amount,
        occurred_at=occurred,
        recorded_at=told or occurred,
        currency=currency,
        price=price,
        source=stripe_id("txn"),
        user=user,
        invoice_id=invoice.pk if invoice else "",
    )


def by_entries(since: datetime, until: datetime) -> Sums:
    """From the ledger alone, entry by entry."""
    found: Sums = defaultdict(lambda: defaultdict(int))
    entries = LedgerEntry.objects.filter(account="money", occurred_at__gte=since, occurred_at__lt=until)
    invoices = {invoice.pk: invoice for invoice in Invoice.objects.all()}
    for entry in entries.select_related("price__plan"):
        month = entry.occurred_at.astimezone(UTC).date().replace(day=1)
        sums = found[month, entry.currency, entry.price.plan.name if entry.price else ""]
        for name in (_COLUMNS.get(entry.kind, "other"), "net"):
            sums[name] += entry.amount_minor
        invoice = invoices.get(entry.invoice_id)
        if invoice and entry.kind in ("charge", "refund", "dispute", "dispute_reversal"):
            # Rounded as money is: half away from nothing.
            size = (2 * abs(entry.amount_minor) * invoice.tax_minor + invoice.total_minor) // (2 * invoice.total_minor)
            tax = size if entry.amount_minor > 0 else -size
            sums["tax"] -= tax
            sums["net"] -= tax
    return found


def assert_right(since: datetime, until: datetime) -> None:
    found = takings(since=since, until=until)
    expected = by_entries(since, until)
    assert {(row.month, row.currency, row.plan) for row in found} == set(expected)
    for row in found:
        sums = expected[row.month, row.currency, row.plan]
        for name in ("gross", "refunds", "disputes", "fees", "other", "tax", "net"):
            assert getattr(row, name) == sums.get(name, 0), (row, name)


def test_what_is_told_late_counts_where_it_belongs(alice: User) -> None:
    price = price_of()
    with time_machine.travel(NOW, tick=False):
        book(499, JAN + timedelta(days=3), price=price, user=alice)
        book(499, datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC), price=price)
        assert add_up_finished_days() == 2
        assert_right(JAN, NOW)
        # A refund of January that nobody heard of until now, and a charge of last night whose event was lost.
        book(-499, JAN + timedelta(days=9), NOW, kind="refund", price=price)
        book(999, datetime(2026, 3, 9, 22, tzinfo=UTC), NOW, price=price)
        assert_right(JAN, NOW)
        assert {row.month: row.refunds for row in takings(since=JAN, until=NOW)}[date(2026, 1, 1)] == -499
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert add_up_finished_days() == 2
        assert_right(JAN, timezone.now())
        assert_right(JAN, JAN + timedelta(days=31))
        assert not LedgerDay.objects.exclude(amount_minor__in=(499, -499, 999)).exists()


def test_a_day_is_added_up_once_it_is_over_and_what_was_begun_in_it_is_written() -> None:
    book(499, datetime(2026, 3, 9, 23, 40, tzinfo=UTC))
    for later, expected in ((timedelta(minutes=40), 0), (timedelta(minutes=90), 1), (timedelta(days=3), 0)):
        with time_machine.travel(datetime(2026, 3, 9, 23, 40, tzinfo=UTC) + later, tick=False):
            assert add_up_finished_days() == expected
            assert_right(JAN, timezone.now())


def test_what_took_long_to_be_committed_is_found_by_a_later_run() -> None:
    yesterday = NOW - timedelta(days=1)
    with time_machine.travel(NOW, tick=False):
        book(499, yesterday)
        assert add_up_finished_days() == 1
        # Of a transaction that was open for half a day.
        book(1000, yesterday)
        book(-100, yesterday, kind="refund")
        assert add_up_finished_days() == 2
        assert_right(JAN, NOW)
        assert add_up_finished_days() == 0


def test_what_lies_ahead_of_our_clock_counts_once_it_is_there() -> None:
    """Stripe's clock is not ours."""
    with time_machine.travel(NOW, tick=False):
        book(499, NOW + timedelta(days=2, hours=3), NOW - timedelta(days=1))
        add_up_finished_days()
        assert takings(since=JAN, until=NOW) == []
    for hours, expected in ((50, 0), (52, 1), (80, 1)):
        assert len(takings(since=JAN, until=NOW + timedelta(hours=hours))) == expected


@pytest.mark.django_db(transaction=True)
def test_the_job_catches_up_on_years_and_does_nothing_the_second_time() -> None:
    with time_machine.travel(NOW, tick=False):
        for months in range(0, 40, 3):
            book(499, NOW - timedelta(days=30 * months + 1))
        tasks.add_up_ledger(0)
        rows = list(LedgerDay.objects.values_list("id", "recorded_on"))
        assert len(rows) == 14
        tasks.add_up_ledger(0)
        assert list(LedgerDay.objects.values_list("id", "recorded_on")) == rows
        assert_right(datetime(2022, 1, 1, tzinfo=UTC), NOW)


def test_the_tax_of_days_that_were_added_up_without_it_is_found_from_the_ledger(alice: User) -> None:
    invoice = make_invoice(alice, total_minor=599, tax_minor=100)
    untaxed = make_invoice(alice, total_minor=499)
    with time_machine.travel(NOW, tick=False):
        for price, of in ((price_of(), invoice), (None, invoice), (price_of(), untaxed)):
            book(of.total_minor, JAN + timedelta(days=3), price=price, invoice=of)
            book(-100, JAN + timedelta(days=4), kind="refund", price=price, invoice=of)
            book(-44, JAN + timedelta(days=3), kind="fee", price=price, invoice=of)
        add_up_finished_days()
        assert_right(JAN, NOW)
        LedgerDay.objects.update(tax_minor=0)
        with connection.cursor() as cursor:
            cursor.execute(importlib.import_module("billing.migrations.0019_tax_of_days_of_before").ADD_TAX)
        assert_right(JAN, NOW)
        assert sum(row.tax for row in takings(since=JAN, until=NOW)) == -(2 * 100 - 2 * 17)


def test_the_job_puts_right_what_a_process_of_before_added_up_without_tax(alice: User) -> None:
    invoice = make_invoice(alice, total_minor=599, tax_minor=100)
    with time_machine.travel(NOW, tick=False):
        book(599, NOW - timedelta(days=1), invoice=invoice)
        add_up_finished_days()
        LedgerDay.objects.update(tax_minor=0)
        assert add_up_finished_days() == 1
        assert_right(JAN, NOW)


def test_takings_begin_with_a_day() -> None:
    with pytest.raises(ValueError, match="beginning of a day"):
        takings(since=JAN + timedelta(hours=1), until=NOW)


KINDS = st.sampled_from(["charge", "refund", "dispute", "dispute_reversal", "fee", "adjustment", "credit"])
HOURS = st.integers(0, 24 * 70)


class TestAnyBooks(TestCase):
    @examples(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        moves=st.lists(
            st.tuples(
                HOURS,
                st.integers(0, 24 * 40),
                KINDS,
                st.integers(-5, 5).filter(bool),
                st.sampled_from([None, "basic", "pro"]),
                st.sampled_from(["USD", "GBP"]),
                st.sampled_from([None, 0, 1, 3]),
            ),
            max_size=15,
        ),
        looks=st.lists(HOURS, min_size=1, max_size=4),
        until=HOURS,
    )
    def test_sums_and_entries_agree_whenever_the_job_ran_and_whatever_is_asked(
        self, moves: list[tuple[int, int, str, int, str | None, str, int | None]], looks: list[int], until: int
    ) -> None:
        make_plans()
        payer = make_user("payer@example.com")
        invoices = {tax: make_invoice(payer, total_minor=7, tax_minor=tax) for tax in (0, 1, 3)}
        # Entries come as they are told, and the job sees those that were told by then.
        waiting = sorted(moves, key=lambda move: move[0] + move[1])
        for look in [*sorted(looks), None]:
            while waiting and (look is None or waiting[0][0] + waiting[0][1] <= look):
                occurred, late, kind, amount, plan, currency, tax = waiting.pop(0)
                at = JAN + timedelta(hours=occurred)
                price = price_of(plan, currency=currency) if plan else None
                told, of = at + timedelta(hours=late), None if tax is None else invoices[tax]
                book(amount, at, told, kind=kind, price=price, currency=currency, invoice=of)
            if look is not None:
                with time_machine.travel(JAN + timedelta(hours=look), tick=False):
                    add_up_finished_days()
        for end in (JAN + timedelta(hours=until), JAN + timedelta(days=120)):
            assert_right(JAN, max(end, JAN))
            assert_right(datetime(2026, 2, 1, tzinfo=UTC), max(end, datetime(2026, 2, 1, tzinfo=UTC)))
