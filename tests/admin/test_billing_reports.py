"""The reports' page and what is downloaded from the books."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from billing.admin.reports import MONTHS
from billing.models import LedgerEntry, RecurringCount
from billing.services.recurring_months import count_recurring_months
from tests.admin.addresses import allow
from tests.factories.accounts import make_user
from tests.factories.payments import make_invoice, make_subscription, price_of, stripe_id
from tests.queries import recorded_queries

pytestmark = pytest.mark.django_db
REPORTS = "admin:billing_ledgerentry_reports"
FILES = ["admin:billing_ledgerentry_takings", "admin:billing_ledgerentry_mrr", "admin:billing_ledgerentry_entries"]


def book(user: User, amount: int = 499, **more: Any) -> LedgerEntry:
    values = {"account": "money", "kind": "charge", "currency": "USD", "source": stripe_id("ch"), "price": price_of()}
    return LedgerEntry.objects.create(user=user, amount_minor=amount, occurred_at=timezone.now(), **{**values, **more})


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


@pytest.fixture
def _sales(alice: User, bob: User) -> None:
    make_invoice(alice, make_subscription(alice))
    book(alice)
    book(bob, 750, currency="JPY")
    book(alice, -44, kind="fee")
    count_recurring_months()


@pytest.mark.usefixtures("_sales")
def test_the_page_shows_takings_and_mrr_in_all_currencies_or_in_one(staff: Client) -> None:
    page = staff.get(reverse(REPORTS)).content.decode()
    for text in ("$4.99", "-$0.44", "$4.55", "¥750", "Basic", "MRR after"):
        assert text in page, text
    one = staff.get(reverse(REPORTS), {"currency": "jpy", "months": "3"}).content.decode()
    assert "¥750" in one
    assert "$4.99" not in one


@pytest.mark.parametrize("query", [{"months": "-1"}, {"months": "x"}, {"currency": "%27--"}, {"currency": "ÄÖÜ"}])
def test_what_is_not_offered_is_the_default(staff: Client, query: dict[str, str]) -> None:
    answer = staff.get(reverse(REPORTS), query)
    assert answer.status_code == 200
    assert (answer.context["months"], answer.context["currency"]) == (12, "")


def test_the_page_costs_the_same_whatever_was_sold(staff: Client) -> None:
    def sold(count: int) -> int:
        for _ in range(count):
            user = make_user(f"{stripe_id('p')}@example.com")
            make_invoice(user, make_subscription(user))
            book(user)
        count_recurring_months()
        with recorded_queries() as queries:
            assert staff.get(reverse(REPORTS)).status_code == 200
        return len(queries)

    sold(1)
    assert sold(1) == sold(20)


@pytest.mark.usefixtures("_sales")
@pytest.mark.parametrize("months", MONTHS)
@pytest.mark.parametrize("name", [REPORTS, "admin:billing_ledgerentry_mrr"])
def test_recurring_revenue_is_counted_by_the_job_alone(staff: Client, name: str, months: int) -> None:
    address = reverse(name)
    staff.get(address)
    with recorded_queries() as queries:
        answer = staff.get(address, {"months": months})
        assert "4.99" in answer.getvalue().decode()
    assert not [sql for sql in queries if "billing_subscription" in sql]
    assert len(queries) <= 12


def test_what_was_never_counted_is_said_and_no_zero(staff: Client, alice: User) -> None:
    make_invoice(alice, make_subscription(alice))
    page = staff.get(reverse(REPORTS)).text
    assert "has not been counted yet" in page
    assert "MRR after" not in page
    rows = rows_of(staff.get(reverse(FILES[1]), {"months": "3"}))
    assert len(rows) == 3
    assert not any(value for row in rows for name, value in row.items() if name != "month")
    count_recurring_months()
    page = staff.get(reverse(REPORTS)).text
    assert "has not been counted yet" not in page
    assert "As of <time" in page


def test_a_count_that_found_nothing_has_nothing_to_show_and_is_no_lack(staff: Client) -> None:
    count_recurring_months()
    answer = staff.get(reverse(REPORTS), {"months": "60"})
    assert "not been counted yet" not in answer.text
    assert [panel.rows for panel in answer.context["recurring"]] == [[], []]
    assert rows_of(staff.get(reverse(FILES[1]))) == []


def test_months_that_the_count_did_not_reach_have_no_figures(staff: Client, alice: User) -> None:
    at = datetime(2026, 10, 31, 23, 55, tzinfo=UTC)
    with time_machine.travel(at, tick=False):
        make_invoice(alice, make_subscription(alice), at=at - timedelta(days=20))
        count_recurring_months()
    RecurringCount.objects.update(since=date(2026, 10, 1))
    with time_machine.travel(at + timedelta(minutes=10), tick=False):
        answer = staff.get(reverse(REPORTS), {"months": "3"})
        rows = rows_of(staff.get(reverse(FILES[1]), {"months": "3"}))
    months = answer.context["recurring"][0].rows
    assert [(row[0], row[8]) for row in months] == [
        ("November 2026", None),
        ("October 2026", "$4.99"),
        ("September 2026", None),
    ]
    assert "Months without figures have not been counted yet." in answer.text
    assert [(row["month"], row["closing"]) for row in rows] == [("2026-11", ""), ("2026-10", "4.99"), ("2026-09", "")]
    assert [row["counted_at"] for row in rows] == ["", at.isoformat(), ""]


@pytest.mark.usefixtures("_sales")
def test_takings_and_mrr_are_files_with_numbers_in_their_currencys_units(staff: Client) -> None:
    takings = rows_of(staff.get(reverse(FILES[0])))
    assert [(row["currency"], row["gross"], row["fees"], row["net"]) for row in takings] == [
        ("JPY", "750", "0", "750"),
        ("USD", "4.99", "-0.44", "4.55"),
    ]
    (moved,) = rows_of(staff.get(reverse(FILES[1])))
    assert (moved["month"], moved["opening"], moved["new"], moved["closing"]) == (
        f"{timezone.now():%Y-%m}",
        "0.00",
        "4.99",
        "4.99",
    )
    assert moved["counted_at"] == RecurringCount.objects.get().counted_at.isoformat()


def test_tax_is_a_part_of_its_own_of_takings_on_the_page_and_in_the_file(staff: Client, alice: User) -> None:
    invoice = make_invoice(alice, total_minor=599, tax_minor=100)
    book(alice, 599, invoice_id=invoice.pk)
    (row,) = rows_of(staff.get(reverse(FILES[0])))
    assert (row["gross"], row["tax"], row["net"]) == ("5.99", "-1.00", "4.99")
    panel = staff.get(reverse(REPORTS)).context["takings"]
    assert dict(zip(panel.headings, panel.rows[0], strict=True))["Tax"] == "-$1.00"


@pytest.mark.usefixtures("_sales")
def test_the_list_is_downloaded_as_it_is_filtered(staff: Client, alice: User) -> None:
    assert len(rows_of(staff.get(reverse(FILES[2])))) == 3
    rows = rows_of(staff.get(reverse(FILES[2]), {"user__id__exact": str(alice.pk), "kind__exact": "charge"}))
    assert [(row["user"], row["amount"], row["plan"]) for row in rows] == [("alice@example.com", "4.99", "basic")]
    assert AuditEvent.objects.filter(action="books_exported").count() == 2
    assert staff.get(reverse(FILES[2]), {"nothing": "1"}).status_code == 400


@pytest.mark.parametrize("note", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_no_text_is_a_formula_to_a_spreadsheet(staff: Client, alice: User, note: str) -> None:
    book(alice, -5, note=note)
    (row,) = rows_of(staff.get(reverse(FILES[2])))
    assert row["note"].startswith("'")
    # A number stays one.
    assert row["amount"] == "-0.05"


@pytest.mark.parametrize("name", [REPORTS, *FILES])
def test_who_may_not_look_at_the_ledger_gets_no_report(helper: User, helper_browser: Client, name: str) -> None:
    allow(helper, "view_payment")
    assert helper_browser.get(reverse(name)).status_code == 403
    allow(helper, "view_ledgerentry")
    assert helper_browser.get(reverse(name)).status_code == 200


def test_the_list_offers_reports_and_the_download(staff: Client) -> None:
    page = staff.get(reverse("admin:billing_ledgerentry_changelist") + "?kind__exact=charge").content.decode()
    assert reverse(REPORTS) in page
    assert f"{reverse(FILES[2])}?kind__exact=charge" in page
