"""Takings are the ledger's sums, with the tax that invoices show as a part of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accounts.models import User
from billing.services.ledger_days import add_up_finished_days
from billing.services.reports import Takings, currencies, month_bounds, takings
from tests.billing.recurring_lives import JAN, book, day, paid
from tests.factories.payments import make_invoice, make_subscription, price_of

pytestmark = pytest.mark.django_db


class TestTakings:
    def test_a_month_by_currency_and_plan(self, alice: User) -> None:
        basic, pro = price_of(), price_of("pro")
        book("charge", 499, day(1), price=basic)
        book("fee", -44, day(1), price=basic)
        book("charge", 999, day(2), price=pro)
        book("refund", -999, day(3), price=pro)
        book("dispute", -499, day(4), price=basic)
        book("dispute_reversal", 499, day(5), price=basic)
        book("charge", 750, day(5), price=price_of(currency="GBP"), currency="GBP")
        book("adjustment", -7, day(6))
        book("charge", 499, day(31), price=basic)
        book("credit", 1000, day(1), account="credit")
        found = takings(since=JAN, until=day(31))
        assert found == [
            Takings(date(2026, 1, 1), "GBP", "Basic", 750, 0, 0, 0, 0, 0, 750),
            Takings(date(2026, 1, 1), "USD", "Basic", 499, 0, 0, -44, 0, 0, 455),
            Takings(date(2026, 1, 1), "USD", "Pro", 999, -999, 0, 0, 0, 0, 0),
            Takings(date(2026, 1, 1), "USD", "", 0, 0, 0, 0, -7, 0, -7),
        ]
        assert [row.plan for row in takings(since=JAN, until=day(40), currency="gbp")] == ["Basic"]
        assert takings(since=day(31), until=day(40))[0].month == date(2026, 2, 1)

    @pytest.mark.parametrize(
        ("given_back", "tax", "net"),
        [
            ((), -100, 455),
            ((("refund", -599),), 0, -44),
            ((("refund", -300),), -50, 205),
            ((("dispute", -599),), 0, -44),
            ((("dispute", -599), ("dispute_reversal", 599)), -100, 455),
        ],
    )
    def test_net_is_without_the_tax_of_what_was_not_given_back(
        self, alice: User, given_back: tuple[tuple[str, int], ...], tax: int, net: int
    ) -> None:
        invoice = paid(make_subscription(alice), 1, total_minor=599, tax_minor=100)
        book("fee", -44, day(1), invoice_id=invoice.pk)
        for kind, amount in given_back:
            book(kind, amount, day(3), invoice_id=invoice.pk)
        (row,) = takings(since=JAN, until=day(31))
        assert (row.gross, row.fees, row.tax, row.net) == (599, -44, tax, net)
        assert row.net == row.gross + row.refunds + row.disputes + row.fees + row.other + row.tax

    def test_of_what_was_paid_with_credit_no_tax_is_in_the_money(self, alice: User) -> None:
        invoice = make_invoice(alice, total_minor=600, tax_minor=100, at=day(1))
        book("charge", 300, day(1), invoice_id=invoice.pk)
        (row,) = takings(since=JAN, until=day(31))
        assert (row.gross, row.tax, row.net) == (300, -50, 250)

    def test_a_currency_is_known_whether_its_day_is_added_up_or_not(self) -> None:
        book("charge", 499, day(1), recorded_at=day(1))
        add_up_finished_days()
        book("fee", -3, day(40), currency="EUR")
        book("credit", 1000, day(41), account="credit", currency="JPY")
        assert currencies() == ["EUR", "USD"]

    def test_the_months_end_now(self) -> None:
        now = datetime(2026, 2, 10, 12, tzinfo=UTC)
        assert month_bounds(now, 3) == [datetime(2025, 12, 1, tzinfo=UTC), JAN, datetime(2026, 2, 1, tzinfo=UTC), now]
