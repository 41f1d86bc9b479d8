"""The admin's home: what needs staff now, in order of urgency, and charts for whom they concern."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AbuseFlag, Mail, User
from billing.admin.home import _mrr_chart
from billing.models import LedgerEntry
from billing.services.recurring_months import count_recurring_months, last_counted
from nexusvpn.kept import Kept
from tests.admin.addresses import allow
from tests.factories.payments import (
    make_dispute,
    make_invoice,
    make_payment,
    make_subscription,
    price_of,
    stripe_id,
)
from tests.factories.support import make_ticket
from tests.factories.vpn import make_location, make_server
from tests.queries import recorded_queries
from vpn.admin import home as vpn_home
from vpn.models import LocationCost, NodeHour, NodeStatus, Server
from vpn.services.stops import start_stop

pytestmark = pytest.mark.django_db
HOME = "/admin/"


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are computed anew in each test."""
    for name in ("carried", "last_margins"):
        kept = getattr(vpn_home, name)
        monkeypatch.setattr(vpn_home, name, Kept(kept._compute, kept._seconds))


def book(user: User, amount: int = 499, **more: Any) -> None:
    values = {"account": "money", "kind": "charge", "currency": "USD", "occurred_at": timezone.now()}
    LedgerEntry.objects.create(
        user=user, amount_minor=amount, source=stripe_id("ch"), price=price_of(), **{**values, **more}
    )


def notices(browser: Client) -> list[Any]:
    found: list[Any] = browser.get(HOME).context["notices"]
    return found


def charts(browser: Client) -> dict[str, Any]:
    return {chart.title: chart for chart in browser.get(HOME).context["charts"]}


def last_month() -> Any:
    return (timezone.now().date().replace(day=1) - timedelta(days=1)).replace(day=1)


def test_what_waits_is_counted_with_the_age_of_the_oldest_and_its_list(staff: Client, alice: User, bob: User) -> None:
    now = timezone.now()
    for user, days in ((alice, 2), (bob, 5)):
        AbuseFlag.objects.create(user=user, reason="network", created_at=now - timedelta(days=days))
    (found,) = notices(staff)
    assert (found.text, found.since, found.tone) == ("2 sign-ups are to be looked at", now - timedelta(days=5), "warn")
    assert len(staff.get(found.url).context["cl"].result_list) == 2
    assert "oldest: <time" in staff.get(HOME).text
    AbuseFlag.objects.filter(user=bob).update(cleared_at=now)
    assert "oldest: " not in staff.get(HOME).text
    AbuseFlag.objects.update(cleared_at=now)
    assert notices(staff) == []


def test_the_list_that_a_number_leads_to_has_as_many_rows(staff: Client, alice: User) -> None:
    for days in (1, 2, 30):
        at = timezone.now() - timedelta(days=days)
        Mail.objects.create(user=alice, to="a@example.com", kind="x", subject="s", state="failed", created_at=at)
    (found,) = notices(staff)
    assert found.text.startswith("2 mails")
    assert len(staff.get(found.url).context["cl"].result_list) == 2


def test_the_worst_comes_first_and_of_equals_that_which_waits_the_longest(staff: Client, alice: User) -> None:
    now = timezone.now()
    AbuseFlag.objects.create(user=alice, reason="network", created_at=now - timedelta(days=30))
    Mail.objects.create(user=alice, to="a@example.com", kind="x", subject="s", state="failed", created_at=now)
    dispute = make_dispute(make_payment(alice))
    type(dispute).objects.update(status="needs_response", created_at=now - timedelta(days=1))
    texts = [notice.text for notice in notices(staff)]
    assert texts == [
        "1 dispute waits for an answer",
        "1 mail of the last three days was given up",
        "1 sign-up is to be looked at",
    ]


def test_a_silent_node_is_named_with_when_it_was_last_heard(staff: Client) -> None:
    server = make_server(make_location("silent"))
    Server.objects.update(state="online")
    heard = timezone.now() - timedelta(hours=3)
    NodeStatus.objects.update_or_create(server=server, defaults={"last_report_at": heard})
    (found,) = notices(staff)
    assert (found.text, found.since, found.tone) == (f"{server.name}: node silent", heard, "bad")
    page = staff.get(HOME).text
    assert "oldest: " not in page
    assert re.search(r'node silent</a> <span class="quiet staff-notice-when"><time [^>]*>3 h ago</time>', page)


@pytest.mark.parametrize(
    ("wrong", "total"), [("silent", "7 nodes are silent."), ("differs", "The interfaces of 7 nodes")]
)
def test_of_many_nodes_in_trouble_a_few_are_named_and_all_of_them_are_a_list(
    staff: Client, wrong: str, total: str
) -> None:
    for number in range(7):
        make_server(make_location(f"place-{number}"), name=f"node-{number}")
    staff.get(HOME)
    with recorded_queries() as without:
        assert notices(staff) == []
    changed = {"last_report_at": timezone.now() - timedelta(hours=3)} if wrong == "silent" else {"in_sync": False}
    NodeStatus.objects.update(**changed)
    with recorded_queries() as queries:
        whole, *named = notices(staff)
    assert len(queries) == len(without)
    assert whole.text.startswith(total)
    assert [notice.text.split(":")[0] for notice in named] == [f"node-{number}" for number in range(5)]
    assert {notice.tone for notice in named} == {whole.tone}
    make_server(make_location("well"))
    assert staff.get(whole.url).context["cl"].result_count == 7
    NodeStatus.objects.filter(server__name__in=["node-0", "node-1"]).update(last_report_at=timezone.now(), in_sync=True)
    assert len(notices(staff)) == 5


def test_of_many_stops_a_few_are_named_and_all_of_them_are_a_list(staff: Client, sam: User) -> None:
    for number in range(6):
        start_stop(by=sam, reason="A leak", server=make_server(make_location(f"place-{number}")))
    whole, *named = notices(staff)
    assert whole.text == "6 emergency stops hold. The latest are named below."
    assert len(named) == 5
    assert staff.get(whole.url).context["cl"].result_count == 6


def test_staff_see_only_what_they_may_see(helper: User, helper_browser: Client, alice: User) -> None:
    AbuseFlag.objects.create(user=alice, reason="network")
    assert notices(helper_browser) == []
    assert charts(helper_browser) == {}
    allow(helper, "view_abuseflag")
    assert [notice.text for notice in notices(helper_browser)] == ["1 sign-up is to be looked at"]
    allow(helper, "view_user")
    assert set(charts(helper_browser)) == {"Customers", "New customers a month"}


def test_customers_are_counted_without_staff_and_drawn_by_day_and_month(staff: Client, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(date_joined=timezone.now() - timedelta(days=3))
    found = charts(staff)
    customers = found["Customers"]
    assert customers.answer == "2"
    (series,) = customers.series
    assert (series.values[-1], series.values[-4], sum(series.values)) == (1, 1, 2)
    assert sum(found["New customers a month"].series[0].values) == 2


def test_the_number_of_customers_says_whom_it_counts(staff: Client, alice: User, bob: User, charlie: User) -> None:
    now = timezone.now()
    User.objects.filter(pk=alice.pk).update(is_active=False, email_verified_at=None)
    User.objects.filter(pk=bob.pk).update(is_active=False, deletion_due_at=now + timedelta(days=3))
    User.objects.filter(pk=charlie.pk).update(erased_at=now, is_active=False)
    found = charts(staff)
    assert found["Customers"].answer == "2"
    for words in ("not erased", "suspended", "wait for their erasure", "never confirmed", "erased since", "ends now"):
        assert words in found["Customers"].note
    assert found["Customers"].series[0].values[-1] == 3
    assert "by the month (UTC)" in found["New customers a month"].note


def test_revenue_and_mrr_are_those_of_the_books_and_a_currency_each(staff: Client, alice: User, bob: User) -> None:
    make_invoice(alice, make_subscription(alice))
    taxed = make_invoice(alice, total_minor=599, tax_minor=100)
    book(alice, 599, invoice_id=taxed.pk)
    book(alice, -44, kind="fee")
    book(bob, 750, currency="JPY")
    count_recurring_months()
    found = charts(staff)
    assert found["Revenue a month, USD"].rows[-1][1:] == ("$5.99", "$4.55", "-$1.00")
    assert found["Revenue a month, JPY"].rows[-1][1:] == ("¥750", "¥750", "¥0")
    assert found["Monthly recurring revenue (MRR), USD"].rows[-1][1] == "$4.99"
    page = staff.get(HOME).content.decode()
    assert "<svg" in page
    assert "$4.55" in page


def test_the_notes_of_sales_say_all_that_is_in_them(staff: Client, alice: User) -> None:
    make_invoice(alice, make_subscription(alice))
    book(alice, 750, currency="JPY")
    book(alice, -7, kind="adjustment", currency="JPY")
    book(alice, -30, kind="fee")
    count_recurring_months()
    found = charts(staff)
    assert found["Revenue a month, JPY"].rows[-1][1:] == ("¥750", "¥743", "¥0")
    assert "without the tax" in found["Revenue a month, JPY"].note
    assert "staff booked to adjust" in found["Revenue a month, JPY"].note
    # Fees alone, since nothing was charged in dollars.
    assert found["Revenue a month, USD"].rows[-1][1:] == ("$0.00", "-$0.30", "$0.00")
    assert "no loss by itself" in found["Revenue a month, USD"].note
    assert "The last month ends when it was counted" in found["Monthly recurring revenue (MRR), USD"].note


def test_a_month_that_began_after_the_last_count_is_not_known(staff: Client, alice: User) -> None:
    with time_machine.travel(datetime(2026, 10, 31, 23, 55, tzinfo=UTC), tick=False):
        make_invoice(alice, make_subscription(alice), at=datetime(2026, 10, 20, tzinfo=UTC))
        count_recurring_months()
    firsts = [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)]
    counted = last_counted(firsts[0])
    assert counted
    chart = _mrr_chart("USD", counted, firsts, ["9", "10", "11"], "")
    assert [row[1] for row in chart.rows] == ["$0.00", "$4.99", "–"]


def test_traffic_and_peers_are_drawn_and_what_a_silent_node_said_is_not_known(staff: Client) -> None:
    server = make_server(make_location("busy"))
    Server.objects.update(state="online", capacity=100)
    NodeHour.objects.create(server=server, hour=timezone.now() - timedelta(hours=2), node_rx=700, node_tx=300)
    NodeStatus.objects.update_or_create(server=server, defaults={"last_report_at": timezone.now(), "peer_count": 40})
    found = charts(staff)
    assert found["Traffic by location, last 30 days"].rows == [(server.location.name, "1\xa0kB")]
    assert found["Peers by node"].rows == [(server.name, "40", "100", "40\xa0%")]
    NodeStatus.objects.update(last_report_at=timezone.now() - timedelta(hours=1))
    assert charts(staff)["Peers by node"].rows == [(server.name, "–", "100", "–")]


def test_a_margin_is_the_share_of_the_revenue_less_the_cost_in_the_same_currency(staff: Client, alice: User) -> None:
    month = last_month()
    busy, idle = make_server(make_location("busy")), make_server(make_location("idle"))
    within = timezone.now().replace(year=month.year, month=month.month, day=10)
    taxed = make_invoice(alice, at=within, total_minor=1200, tax_minor=200)
    book(alice, 1200, occurred_at=within, invoice_id=taxed.pk)
    NodeHour.objects.create(server=busy, hour=within, node_rx=500, node_tx=250)
    NodeHour.objects.create(server=idle, hour=within, node_rx=250)
    LocationCost.objects.create(location=busy.location, month=month, currency="USD", amount_minor=600)
    LocationCost.objects.create(location=idle.location, month=month, currency="EUR", amount_minor=100)
    found = {title: chart for title, chart in charts(staff).items() if title.startswith("Margin")}
    (usd,) = [chart for title, chart in found.items() if title.endswith("USD")]
    assert sorted(usd.rows) == sorted(
        [
            (busy.location.name, "$1.50", "750\xa0B", "75\xa0%", "$7.50", "$6.00"),
            # Its cost is in another currency: what remains of the dollars is not known.
            (idle.location.name, "–", "250\xa0B", "25\xa0%", "$2.50", "–"),
        ]
    )
    (eur,) = [chart for title, chart in found.items() if title.endswith("EUR")]
    assert eur.rows == [(idle.location.name, "–", "250\xa0B", "25\xa0%", "–", "€1.00")]
    assert "spread over the locations" in usd.note


def test_of_many_locations_those_that_carried_the_most_are_drawn(staff: Client) -> None:
    month = last_month()
    within = timezone.now().replace(year=month.year, month=month.month, day=10)
    for number in range(3):
        server = make_server(make_location(f"place-{number}"))
        NodeHour.objects.create(server=server, hour=within, node_rx=100 * (number + 1))
        LocationCost.objects.create(location=server.location, month=month, currency="USD", amount_minor=600)
    (chart,) = [chart for title, chart in charts(staff).items() if title.startswith("Margin")]
    assert [row[2] for row in chart.rows] == ["300\xa0B", "200\xa0B", "100\xa0B"]


def test_a_customer_is_looked_for_from_the_home_by_whom_they_concern(
    staff: Client, helper: User, helper_browser: Client
) -> None:
    assert 'action="/admin/accounts/user/"' in staff.get(HOME).text
    allow(helper, "view_server")
    assert "Find a customer" not in helper_browser.get(HOME).text


def test_without_measured_traffic_no_revenue_is_anybodys(staff: Client, alice: User) -> None:
    month = last_month()
    location = make_location("unmeasured")
    book(alice, 1000, occurred_at=timezone.now().replace(year=month.year, month=month.month, day=10))
    LocationCost.objects.create(location=location, month=month, currency="USD", amount_minor=600)
    (chart,) = [chart for title, chart in charts(staff).items() if title.startswith("Margin")]
    assert chart.rows == [(location.name, "–", "–", "–", "–", "$6.00")]


def test_a_location_that_was_not_measured_has_no_loss_and_one_that_carried_nothing_has(
    staff: Client, alice: User
) -> None:
    month = last_month()
    within = timezone.now().replace(year=month.year, month=month.month, day=10)
    busy, idle, silent = (make_server(make_location(name)) for name in ("busy", "idle", "silent"))
    book(alice, 1000, occurred_at=within)
    NodeHour.objects.create(server=busy, hour=within, node_rx=500)
    NodeHour.objects.create(server=idle, hour=within)
    for server in (idle, silent):
        LocationCost.objects.create(location=server.location, month=month, currency="USD", amount_minor=600)
    (chart,) = [chart for title, chart in charts(staff).items() if title.startswith("Margin")]
    assert sorted(chart.rows) == sorted(
        [
            (busy.location.name, "–", "500\xa0B", "100\xa0%", "$10.00", "–"),
            (idle.location.name, "-$6.00", "0\xa0B", "0\xa0%", "$0.00", "$6.00"),
            (silent.location.name, "–", "–", "–", "–", "$6.00"),
        ]
    )
    assert "counts for the others" in chart.note


def test_the_home_costs_at_most_twenty_queries_however_much_there_is(staff: Client, alice: User, bob: User) -> None:
    def opened() -> int:
        with recorded_queries() as queries:
            assert staff.get(HOME).status_code == 200
        return len(queries)

    opened()
    few = opened()
    for user in (alice, bob):
        AbuseFlag.objects.create(user=user, reason="network")
        make_dispute(make_payment(user))
        make_ticket(user)
        make_server(make_location(f"l-{user.email.split('@')[0]}"))
        book(user)
    assert opened() <= few + 1
    for kept in (vpn_home.carried, vpn_home.last_margins):
        kept._until = 0.0
    assert opened() <= 24


def test_figures_that_take_too_long_are_left_out_and_what_waits_is_there(
    staff: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(request: Any) -> Any:
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute("SET LOCAL statement_timeout = 1")
            cursor.execute("SELECT pg_sleep(1)")

    monkeypatch.setattr(admin.site, "drawings", [too_long])
    AbuseFlag.objects.create(user=alice, reason="network")
    page = staff.get(HOME).content.decode()
    assert "Some figures took too long" in page
    assert "1 sign-up is to be looked at" in page


def test_the_menu_is_by_what_staff_come_for(staff: Client) -> None:
    groups = [str(group["name"]) for group in staff.get(HOME).context["app_list"]]
    assert groups[:3] == ["Customers", "Support", "Help, news and legal texts"]
    names = [model["object_name"] for group in staff.get(HOME).context["app_list"] for model in group["models"]]
    assert len(names) == len(set(names))
    assert {"User", "VpnConfig", "Ticket", "LedgerEntry", "LocationCost"} <= set(names)


def test_the_home_speaks_german(staff: Client, alice: User) -> None:
    AbuseFlag.objects.create(user=alice, reason="network")
    page = staff.get(HOME, headers={"accept-language": "de"}).content.decode()
    assert reverse("admin:accounts_abuseflag_changelist") in page
    assert "Was dich jetzt braucht" in page
