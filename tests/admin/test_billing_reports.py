"""The reports' page and what is downloaded from the books."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from billing.models import LedgerEntry
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


@pytest.mark.usefixtures("_sales")
def test_the_page_shows_takings_and_mrr_in_all_currencies_or_in_one(staff: Client) -> None:
    page = staff.get(reverse(REPORTS)).content.decode()
    for text in ("$4.99", "-$0.44", "$4.55", "750\u00a0JPY", "Basic", "MRR after"):
        assert text in page, text
    one = staff.get(reverse(REPORTS), {"currency": "jpy", "months": "3"}).content.decode()
    assert "750\u00a0JPY" in one
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
        with recorded_queries() as queries:
            assert staff.get(reverse(REPORTS)).status_code == 200
        return len(queries)

    sold(1)
    assert sold(1) == sold(20)


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
