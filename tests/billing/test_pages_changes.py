"""Changing what was bought, on pages: shown, confirmed, ended, paused, and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as service
from django.test import Client
from django.utils import timezone

from accounts.models import User
from billing.models import Subscription
from tests.billing.browsing import browser, buttons, form_of, read, words
from tests.billing.buying import buy, charged, plan_at_stripe
from tests.billing.shop import Shop
from tests.billing.test_pages_billing import day
from tests.factories.billing import grant
from tests.factories.payments import make_subscription, price_of
from tests.factories.vpn import make_location, make_server, new_key
from vpn.services.devices import add_device

PRO = "/billing/change?plan=pro&interval=month"


@pytest.fixture
def page(shop: Shop, alice: User) -> Client:
    return browser(alice)


def bought(shop: Shop, alice: User, plan: str = "basic", interval: str = "month") -> Subscription:
    """Really bought, and brought in by a sync."""
    row = buy(shop, alice, plan, interval)
    shop.catch_up()
    row.refresh_from_db()
    return row


def at_stripe(shop: Shop, row: Subscription) -> Any:
    return shop.subscription(row.stripe_id)


# Changing


def test_a_larger_plan_shows_what_is_charged_and_charges_that(shop: Shop, page: Client, alice: User) -> None:
    row = bought(shop, alice)
    shown = page.get(PRO)
    text = read(shown)
    assert "Change to Pro It holds at once." in text
    assert "10 devices instead of 5" in text
    assert "The premium locations too" in text
    assert f"Then $9.99 a month, the next time on {day(row.current_period_end)}." in text
    assert "-$4.99" in text
    assert charged(shop) == [499]
    form = form_of(shown, "/billing/change")
    answer = page.post("/billing/change", form, follow=True)
    assert "You have Pro." in read(answer)
    due = charged(shop)[1]
    assert f"You pay ${due / 100:.2f} now" in text
    assert plan_at_stripe(shop, row) == "pro/month"
    shop.catch_up()
    assert "Pro plan. The next payment is $9.99" in words(page)


def test_a_year_instead_of_a_month_says_when_the_next_payment_is(shop: Shop, page: Client, alice: User) -> None:
    bought(shop, alice)
    text = words(page, "/billing/change?plan=basic&interval=year")
    today = timezone.now()
    assert "Pay for Basic by the year It holds at once." in text
    assert f"Then $49.90 a year, the next time on {day(today.replace(year=today.year + 1))}." in text
    assert "What is different" not in text


def test_a_smaller_plan_waits_for_the_end_and_can_be_taken_back(shop: Shop, page: Client, alice: User) -> None:
    row = bought(shop, alice, "pro")
    ends = day(row.current_period_end)
    shown = page.get("/billing/change?plan=basic&interval=month")
    text = read(shown)
    assert f"It holds from {ends} on, the end of what you paid for." in text
    assert "Nothing is charged now" in text
    assert "5 devices instead of 10" in text
    assert f"Then $4.99 a month, the next time on {ends}." in text
    answer = page.post("/billing/change", form_of(shown, "/billing/change"), follow=True)
    assert f"Basic begins on {ends}. Until then everything stays as it is." in read(answer)
    shop.catch_up()
    assert f"Basic from {ends}. Until then Pro goes on." in words(page)
    answer = page.post("/billing/change/drop", follow=True)
    assert "Your present plan goes on; the change is taken back." in read(answer)
    shop.catch_up()
    assert "Keep my present plan" not in buttons(page)
    assert at_stripe(shop, row).schedule is None


def test_a_price_that_was_shown_too_long_ago_is_shown_anew(shop: Shop, page: Client, alice: User) -> None:
    bought(shop, alice)
    old = form_of(page.get(PRO), "/billing/change")
    with time_machine.travel(timezone.now() + timedelta(minutes=15)):
        answer = page.post("/billing/change", old)
        text = read(answer, 409)
        assert "The price was computed too long ago." in text
        assert "Nothing was charged." in text
        assert int(form_of(answer, "/billing/change")["proration_date"]) > int(old["proration_date"])
    assert charged(shop) == [499]


def test_a_card_that_is_declined_leaves_everything_as_it_was(shop: Shop, page: Client, alice: User) -> None:
    row = bought(shop, alice)
    form = form_of(page.get(PRO), "/billing/change")
    shop.card_becomes("4000000000000341", row.customer_id)
    text = read(page.post("/billing/change", form), 409)
    assert "Your bank declined the payment. Try another card." in text
    assert "See billing" in text
    assert "Pro Your choice" in text
    assert plan_at_stripe(shop, row) == "basic/month"


def test_when_stripe_is_away_the_change_is_kept_for_another_try(shop: Shop, page: Client, alice: User) -> None:
    bought(shop, alice)
    shop.post("faults", mode="500", count=5)
    answer = page.get(PRO)
    assert "Pro Your choice" in read(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("plan=basic&interval=month", "You have this plan already."),
        ("plan=gold&interval=month", "There is no such plan."),
        ("plan=pro&interval=week", "Choose month or year."),
    ],
)
def test_what_cannot_be_had_is_said_on_the_page_of_plans(
    shop: Shop, page: Client, alice: User, query: str, said: str
) -> None:
    bought(shop, alice)
    answer = page.get(f"/billing/change?{query}")
    assert answer.status_code in (400, 409)
    assert said in read(answer, answer.status_code)
    assert "Change to Pro" in read(answer, answer.status_code)


@pytest.mark.parametrize("query", ["", "?plan=pro", "?plan=pro&interval=month&proration_date=soon"])
def test_a_link_that_lacks_something_leads_to_the_choice(page: Client, query: str) -> None:
    assert page.get(f"/billing/change{query}").headers["Location"] == "/billing/plans"


def test_who_has_nothing_to_change_buys(page: Client) -> None:
    assert page.get(PRO).headers["Location"] == "/billing/plans?plan=pro&interval=month"


def test_a_smaller_plan_names_the_devices_that_stop(shop: Shop, page: Client, alice: User) -> None:
    bought(shop, alice, "pro")
    make_server(make_location("ams"))
    for number in range(6):
        add_device(user=alice, name=f"Device {number}", location_slug="ams", public_key=new_key())
    for path in ("/billing/change?plan=basic&interval=month", "/billing/cancel"):
        answer = page.get(path)
        assert "These devices stop; they keep their addresses: " in read(answer)
        assert "Device 5" in read(answer)
        assert "Choose which stay" in read(answer)
    assert "Device 1" not in words(page, "/billing/change?plan=basic&interval=month")
    assert "Device 0" not in words(page, "/billing/cancel")


# Ending


def test_a_grant_is_what_is_left_after_the_end(shop: Shop, page: Client, alice: User) -> None:
    bought(shop, alice, "pro")
    grant(alice, "basic")
    assert "Then you have the Basic plan." in words(page, "/billing/cancel")
    assert "Then you have the Basic plan until the pause ends." in words(page, "/billing/pause")


def test_ending_says_what_happens_when_and_is_taken_back(shop: Shop, page: Client, alice: User) -> None:
    row = bought(shop, alice)
    text = words(page, "/billing/cancel")
    assert f"You keep Basic until {day(row.current_period_end)}. No other period is charged." in text
    assert not at_stripe(shop, row).cancel_at_period_end
    answer = page.post("/billing/cancel", follow=True)
    assert "Your subscription is set to end, and nothing more is charged." in read(answer)
    assert at_stripe(shop, row).cancel_at_period_end
    shop.catch_up()
    assert "Keep Basic" in buttons(page)
    assert page.get("/billing/cancel").headers["Location"] == "/billing"
    answer = page.post("/billing/resume", follow=True)
    assert "Your subscription goes on." in read(answer)
    shop.catch_up()
    assert "End Basic" in buttons(page)
    assert not at_stripe(shop, row).cancel_at_period_end


def test_ending_after_a_failed_payment_says_that_it_is_at_once(shop: Shop, page: Client, alice: User) -> None:
    row = bought(shop, alice)
    shop.card_becomes("4000000000000341", row.customer_id)
    shop.advance(days=31.5)
    shop.catch_up()
    assert "It ends at once, because a payment is missing." in words(page, "/billing/cancel")
    answer = page.post("/billing/cancel", follow=True)
    assert "Your subscription has ended. The open invoice is void, and nothing more is charged." in read(answer)
    assert at_stripe(shop, row).status == "canceled"


def test_what_stripe_has_and_we_have_not_yet_is_said_and_asked_for(shop: Shop, page: Client, alice: User) -> None:
    bought(shop, alice)
    page.post("/billing/cancel")
    answer = page.get("/billing")
    assert "Stripe has done what you asked." in read(answer)
    assert 'data-live-src="/billing"' in answer.text
    shop.catch_up()
    answer = page.get("/billing")
    assert "Stripe has done what you asked." not in read(answer)
    assert "data-live-done" in answer.text


@pytest.mark.parametrize("path", ["cancel", "pause"])
def test_when_stripe_is_away_the_question_stays(shop: Shop, page: Client, alice: User, path: str) -> None:
    row = bought(shop, alice)
    shop.post("faults", mode="500", count=5)
    answer = page.post(f"/billing/{path}", {"until": ""})
    text = read(answer, 503)
    assert "Payments do not work at the moment." in text
    assert "What happens" in text
    assert int(answer.headers["Retry-After"]) > 0
    shop.post("faults", mode="500", count=0)
    assert not at_stripe(shop, row).cancel_at_period_end


@pytest.mark.parametrize("path", ["resume", "unpause", "portal", "change/drop"])
def test_other_refusals_are_said_on_the_billing_page(shop: Shop, page: Client, alice: User, path: str) -> None:
    bought(shop, alice)
    shop.post("faults", mode="500", count=5)
    answer = page.post(f"/billing/{path}")
    text = read(answer, 503)
    assert "Payments do not work at the moment." in text
    assert "Basic plan. The next payment" in text


@pytest.mark.parametrize("path", ["cancel", "pause"])
def test_there_is_nothing_to_ask_of_who_has_nothing(page: Client, path: str) -> None:
    assert page.get(f"/billing/{path}").headers["Location"] == "/billing"
    assert page.post(f"/billing/{path}").headers["Location"] == "/billing"


@pytest.mark.parametrize("path", ["resume", "unpause", "change/drop", "portal"])
def test_nor_is_there_anything_to_take_back(page: Client, path: str) -> None:
    assert 'role="alert"' in page.post(f"/billing/{path}").text


# Pausing


def test_a_pause_has_a_day_and_is_ended(shop: Shop, page: Client, alice: User) -> None:
    row = bought(shop, alice)
    until = (timezone.now() + timedelta(days=60)).date()
    assert f"You keep what you paid for until {day(row.current_period_end)}. Then you have the Free plan" in words(
        page, "/billing/pause"
    )
    answer = page.post("/billing/pause", {"until": until.isoformat()}, follow=True)
    assert "Your payments are paused." in read(answer)
    shop.catch_up()
    assert f"are paused until {until.day} {until:%b %Y}." in words(page)
    assert page.get("/billing/pause").headers["Location"] == "/billing"
    assert "Your payments go on." in read(page.post("/billing/unpause", follow=True))
    shop.catch_up()
    assert "Basic plan. The next payment" in words(page)


@pytest.mark.parametrize("until", ["2020-01-01", "2999-01-01", "soon"])
def test_a_day_that_cannot_be_is_kept_for_correction(shop: Shop, page: Client, alice: User, until: str) -> None:
    row = make_subscription(alice)
    answer = page.post("/billing/pause", {"until": until})
    read(answer, 400)
    assert f'value="{until}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert Subscription.objects.get(pk=row.pk).pause_behavior == ""


# Stripe's own pages


@pytest.mark.parametrize("flow", ["", "payment_method", "nonsense"])
def test_stripes_pages_are_a_redirect_away_and_lead_back(shop: Shop, page: Client, alice: User, flow: str) -> None:
    bought(shop, alice)
    answer = page.post("/billing/portal", {"flow": flow})
    assert (answer.status_code, answer.headers["Location"].startswith(f"{shop.server.url}/portal/")) == (303, True)
    assert f'href="{service.SITE_URL}/billing"' in shop.open(answer.headers["Location"]).text


def test_another_persons_subscription_is_untouched(shop: Shop, alice: User, bob: User) -> None:
    row = bought(shop, alice)
    other = browser(bob)
    for path in ("cancel", "resume", "pause", "unpause", "change/drop", "portal"):
        other.post(f"/billing/{path}")
    other.post("/billing/change", {"plan": "pro", "interval": "month", "proration_date": "1"})
    found = at_stripe(shop, row)
    assert (found.cancel_at_period_end, found.pause_collection, found.schedule) == (False, None, None)
    assert plan_at_stripe(shop, row) == "basic/month"
    assert price_of("basic") == row.price
