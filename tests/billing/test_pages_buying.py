"""Choosing a plan and paying for it, as somebody does who has a browser and no JavaScript."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from billing.models import CheckoutSession, Plan, StripeCustomer
from tests.billing.browsing import browser, buttons, form_of, main_of, read, words
from tests.billing.sandbox.world import KEY
from tests.billing.shop import Shop
from tests.factories.billing import grant
from tests.factories.payments import make_customer, make_subscription, price_of

VISA, DECLINED = "4242424242424242", "4000000000000002"
BASIC = {"plan": "basic", "interval": "month", "currency": "USD"}


@pytest.fixture
def page(alice: User, settings: Settings) -> Client:
    settings.STRIPE_SECRET_KEY = KEY
    return browser(alice)


def back(address: str) -> str:
    """An address of Stripe's that leads back to us, as the test's browser takes it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def pay(shop: Shop, url: str, number: str = VISA) -> Any:
    return shop.open(urlsplit(url).path, number=number, expiry="12/34", cvc="123")


# Choosing


def test_every_plan_on_offer_has_its_price_and_a_button(page: Client) -> None:
    text = words(page, "/billing/plans")
    assert "$4.99 a month" in text
    assert "$9.99 a month" in text
    assert buttons(page, "/billing/plans") == ["Buy Basic", "Buy Pro"]


def test_a_year_says_in_money_what_it_saves(page: Client) -> None:
    text = words(page, "/billing/plans?interval=year")
    assert "$49.90 a year $9.98 less than twelve single months" in text
    assert "%" not in text


def test_another_currency_is_a_link_away_and_keeps_the_rest(page: Client) -> None:
    answer = page.get("/billing/plans?plan=pro&interval=year")
    links = [unescape(link) for link in re.findall(r'href="(\?[^"]+)"', main_of(answer))]
    assert "?plan=pro&interval=year&currency=JPY" in links
    text = words(page, "/billing/plans" + links[links.index("?plan=pro&interval=year&currency=JPY")])
    assert "¥14,000 a year" in text
    assert "Pro Your choice" in text
    assert form_of(page.get("/billing/plans?interval=year&currency=eur"), "/billing/checkout") == {
        "plan": "basic",
        "interval": "year",
        "currency": "EUR",
    }


@pytest.mark.parametrize("query", ["interval=week", "currency=XXX", "currency=", "plan=gold", "plan=<b>"])
def test_what_is_not_sold_is_as_if_nobody_had_asked(page: Client, query: str) -> None:
    text = words(page, f"/billing/plans?{query}")
    assert "$4.99 a month" in text
    assert "Your choice" not in text


def test_who_has_bought_before_keeps_their_currency(page: Client, alice: User) -> None:
    make_customer(alice, currency="EUR")
    text = words(page, "/billing/plans?currency=USD")
    assert "€4.99 a month" in text
    assert "JPY" not in text


def test_who_has_a_plan_changes_it_instead(page: Client, alice: User) -> None:
    make_subscription(alice)
    assert "Basic Your plan" in words(page, "/billing/plans")
    assert buttons(page, "/billing/plans") == ["Go back to Free", "Change to Pro"]
    assert buttons(page, "/billing/plans?interval=year") == ["Go back to Free", "Pay by the year", "Change to Pro"]
    assert "/billing/checkout" not in page.get("/billing/plans").text


def test_who_has_not_confirmed_their_address_is_told_before(page: Client, alice: User) -> None:
    User.objects.update(email_verified_at=None)
    assert "Confirm your e-mail address before you buy." in words(page, "/billing/plans")
    assert buttons(page, "/billing/plans") == []
    refused = read(page.post("/billing/checkout", BASIC), 403)
    assert "Confirm your e-mail address first" in refused
    assert not CheckoutSession.objects.exists()


# Landing


def test_the_landing_page_sells_what_is_on_offer(page: Client) -> None:
    stranger = Client()
    text = words(stranger, "/?interval=year&currency=GBP")
    assert "£44.90 a year" in text
    assert "£8.98 less than twelve single months" in text
    markup = stranger.get("/?interval=year&currency=GBP").text
    assert (
        'href="/signup?next=%2Fbilling%2Fplans%3Fplan%3Dbasic%26interval%3Dyear%26currency%3DGBP">Choose Basic'
        in markup
    )
    assert 'href="?interval=month&amp;currency=GBP#plans"' in markup
    assert 'href="/signup">Choose Free' in markup


def test_who_is_signed_in_goes_from_there_to_the_choice(page: Client) -> None:
    markup = page.get("/").text
    assert 'href="/billing/plans?plan=basic&amp;interval=month&amp;currency=USD">Choose Basic' in markup
    assert "Choose Free" not in markup


def test_who_is_signed_in_sees_there_which_plan_is_theirs(page: Client, alice: User) -> None:
    grant(alice, "pro")
    text = words(page, "/")
    assert "Pro Your plan" in text
    assert text.count("Your plan") == 1
    assert "Choose Pro" not in text
    markup = page.get("/").text
    assert 'href="/billing">See billing' in markup
    assert "Choose Free" not in markup
    assert "Everybody has this without paying." in text
    assert "Your plan" not in words(Client(), "/")


# Paying


def test_a_purchase_from_the_choice_to_the_plan(shop: Shop, alice: User) -> None:
    page = browser(alice)
    form = form_of(page.get("/billing/plans?plan=basic"), "/billing/checkout")
    away = page.post("/billing/checkout", form)
    assert (away.status_code, away.headers["Location"].startswith(f"{shop.server.url}/pay/")) == (303, True)
    declined = pay(shop, away.headers["Location"], DECLINED)
    assert (declined.status, declined.alert) == (402, "Your card was declined.")
    done = pay(shop, away.headers["Location"])
    assert done.status == 303
    came_back = page.get(back(done.url))
    assert "We have not heard from the bank yet" in read(came_back)
    assert 'data-live-src="/billing/success?session_id=' in came_back.text
    shop.catch_up()
    text = read(page.get(back(done.url)))
    assert "You have Basic Your payment has arrived." in text
    assert "Add your devices." in text
    assert "data-live-src" not in page.get(back(done.url)).text
    assert "Basic plan. The next payment is $4.99" in words(page)
    assert "Visa ending in 4242" in words(page)
    assert "$4.99 Paid View PDF" in words(page)


def test_a_page_that_was_not_paid_says_so_and_leads_back_there(shop: Shop, alice: User) -> None:
    page = browser(alice)
    away = page.post("/billing/checkout", BASIC).headers["Location"]
    session = CheckoutSession.objects.get()
    answer = page.get(f"/billing/success?session_id={session.stripe_id}")
    assert "Nothing is paid yet" in read(answer)
    assert f'href="{away}"' in answer.text
    assert "Nothing was paid" in words(page, "/billing/cancelled")


def test_a_page_that_is_over_says_so_and_leads_to_the_choice(shop: Shop, alice: User) -> None:
    page = browser(alice)
    page.post("/billing/checkout", BASIC)
    shop.advance(days=2)
    session = CheckoutSession.objects.get()
    answer = page.get(f"/billing/success?session_id={session.stripe_id}")
    assert "This payment page has expired" in read(answer)
    assert "data-live-done" in answer.text
    assert buttons(page, f"/billing/success?session_id={session.stripe_id}") == ["Choose again"]


def test_when_stripe_is_away_the_success_page_invents_nothing(shop: Shop, alice: User) -> None:
    page = browser(alice)
    page.post("/billing/checkout", BASIC)
    session = CheckoutSession.objects.get()
    shop.post("faults", mode="500", count=5)
    answer = page.get(f"/billing/success?session_id={session.stripe_id}")
    text = read(answer, 503)
    assert "We do not know yet" in text
    assert "Do not pay again." in text
    assert int(answer.headers["Retry-After"]) > 0


def test_when_stripe_is_away_the_choice_is_kept(shop: Shop, alice: User) -> None:
    page = browser(alice)
    shop.post("faults", mode="500", count=5)
    answer = page.post("/billing/checkout", {**BASIC, "plan": "pro", "interval": "year", "currency": "EUR"})
    text = read(answer, 503)
    assert "Payments do not work at the moment. Nothing was charged." in text
    assert "Pro Your choice" in text
    assert "€99.90 a year" in text
    assert int(answer.headers["Retry-After"]) > 0
    shop.post("faults", mode="500", count=0)
    assert page.post("/billing/checkout", form_of(answer, "/billing/checkout")).status_code == 303


@pytest.mark.parametrize("name", ["plan", "interval", "currency"])
def test_what_is_not_sold_is_refused_and_nothing_is_made(shop: Shop, alice: User, name: str) -> None:
    answer = browser(alice).post("/billing/checkout", {**BASIC, name: "nonsense"})
    read(answer, 400)
    assert not CheckoutSession.objects.exists()
    assert not StripeCustomer.objects.exists()


def test_a_plan_that_is_not_offered_cannot_be_bought(shop: Shop, alice: User) -> None:
    Plan.objects.filter(code="pro").update(is_offered=False)
    assert browser(alice).post("/billing/checkout", {**BASIC, "plan": "pro"}).status_code == 400


def test_a_second_purchase_becomes_a_change(shop: Shop, alice: User) -> None:
    make_subscription(alice)
    answer = browser(alice).post("/billing/checkout", {**BASIC, "plan": "pro"})
    assert answer.headers["Location"] == "/billing/change?plan=pro&interval=month&currency=USD"


def test_who_paid_a_moment_ago_pays_no_second_time(shop: Shop, alice: User) -> None:
    page = browser(alice)
    away = page.post("/billing/checkout", BASIC).headers["Location"]
    assert pay(shop, away).status == 303
    answer = page.post("/billing/checkout", BASIC, follow=True)
    assert answer.redirect_chain[-1][0] == "/billing"
    text = read(answer)
    assert "You have just paid on the page that was open." in text
    assert "Stripe has done what you asked." in text
    shop.catch_up()
    assert "Stripe has done what you asked." not in words(page)


@pytest.mark.usefixtures("one_minute")
def test_ten_a_minute_and_the_eleventh_waits(shop: Shop, alice: User) -> None:
    make_subscription(alice)
    page = browser(alice)
    statuses = [page.post("/billing/checkout", BASIC).status_code for _ in range(11)]
    assert statuses == [302] * 10 + [429]


def test_reloading_after_a_refusal_leads_back_to_the_choice(page: Client) -> None:
    assert page.get("/billing/checkout").headers["Location"] == "/billing/plans"


# Others


def test_another_persons_payment_page_is_not_found(shop: Shop, alice: User, bob: User) -> None:
    browser(alice).post("/billing/checkout", BASIC)
    session = CheckoutSession.objects.get()
    assert browser(bob).get(f"/billing/success?session_id={session.stripe_id}").status_code == 404
    for nonsense in ("", "?session_id=", "?session_id=cs_test_nobodys", "?session_id=%00"):
        assert browser(alice).get(f"/billing/success{nonsense}").status_code in (400, 404)


POSTED = ["checkout", "change", "change/drop", "cancel", "resume", "pause", "unpause", "portal", "gift"]
SEEN = ["plans", "success", "cancelled", "change", "cancel", "pause"]


@pytest.mark.parametrize("path", POSTED)
def test_no_form_is_taken_without_its_token(page: Client, alice: User, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(f"/billing/{path}", BASIC).status_code == 403


@pytest.mark.parametrize("path", SEEN)
def test_who_is_nobody_is_asked_to_sign_in(page: Client, path: str) -> None:
    answer = Client().get(f"/billing/{path}")
    assert answer.headers["Location"].startswith("/login?next=/billing/")


@pytest.mark.parametrize("path", POSTED)
def test_who_is_nobody_does_nothing(page: Client, path: str) -> None:
    assert Client().post(f"/billing/{path}", BASIC).headers["Location"].startswith("/login?next=/billing/")


def test_a_price_in_a_currency_without_the_interval_is_not_offered(page: Client) -> None:
    price_of("basic", "year", "JPY").delete()
    text = words(page, "/billing/plans?interval=year&currency=JPY")
    assert "Not sold in JPY this way" in text
    assert buttons(page, "/billing/plans?interval=year&currency=JPY") == ["Buy Pro"]
