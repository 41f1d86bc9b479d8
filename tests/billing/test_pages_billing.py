"""The billing page says in plain words how things stand."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from nexusvpn.languages import speaking
from tests.billing.browsing import browser, buttons, read, words
from tests.billing.sandbox.world import KEY
from tests.factories.billing import grant
from tests.factories.payments import (
    customer_of,
    make_customer,
    make_invoice,
    make_payment,
    make_subscription,
    price_of,
)
from tests.queries import recorded_queries

NOW = timezone.now()
IN_A_WEEK, A_WEEK_AGO = NOW + timedelta(days=7), NOW - timedelta(days=7)


@pytest.fixture
def page(alice: User, settings: Settings) -> Client:
    """Alice's browser, at a service that sells."""
    settings.STRIPE_SECRET_KEY = KEY
    return browser(alice)


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def test_somebody_who_never_paid_has_the_free_plan_and_may_choose_one(page: Client) -> None:
    text = words(page)
    assert "Free plan." in text
    assert "0 of 1 in use" in text
    assert "0 B of 10 GB used, starts again on" in text
    assert "No invoices yet." in text
    assert buttons(page) == ["Choose a plan", "Redeem code"]


def test_the_page_is_in_the_language_that_the_browser_asks_for(page: Client, alice: User) -> None:
    make_subscription(alice, current_period_end=datetime(2030, 5, 4, 10, tzinfo=UTC))
    # Django leaves a thread in the language of its last request.
    with speaking("en"):
        text = read(page.get("/billing", headers={"Accept-Language": "de"}))
    assert re.search(r"Tarif Basic\. Die nächste Zahlung ist \S*4,99\D* am 4\. Mai 2030\.", text)
    assert re.search(r"4,99\D* im Monat", text)
    assert "0 von 5 benutzt" in text
    assert "Noch keine Rechnungen." in text


def test_a_plan_says_its_price_and_the_next_payment(page: Client, alice: User) -> None:
    make_subscription(alice, current_period_end=IN_A_WEEK)
    text = words(page)
    assert f"Basic plan. The next payment is $4.99 on {day(IN_A_WEEK)}." in text
    assert "Price$4.99 a month" in text
    assert f"Next payment$4.99 on {day(IN_A_WEEK)} (before discounts and taxes)" in text
    assert "0 of 5 in use" in text
    assert "used, no limit" in text
    assert buttons(page) == ["Change plan", "Add card", "Pause payments", "End Basic", "Open Stripe", "Redeem code"]


def test_yen_have_no_cents(page: Client, alice: User) -> None:
    make_subscription(alice, price_of("pro", "year", "JPY"))
    assert "¥14,000 a year" in words(page)


def test_a_trial_says_when_the_first_payment_is_due(page: Client, alice: User) -> None:
    make_subscription(alice, status="trialing", trial_end=IN_A_WEEK, current_period_end=IN_A_WEEK)
    assert f"Your trial of Basic goes to {day(IN_A_WEEK)}. Then it is $4.99 a month." in words(page)


def test_what_ends_says_when_and_can_be_kept(page: Client, alice: User) -> None:
    make_subscription(alice, current_period_end=IN_A_WEEK, cancel_at_period_end=True)
    text = words(page)
    assert f"Basic plan until {day(IN_A_WEEK)}. Nothing more is charged." in text
    assert "next payment is $" not in text
    assert "Keep Basic" in buttons(page)
    assert "End Basic" not in buttons(page)


@pytest.mark.parametrize("resumes", [None, IN_A_WEEK + timedelta(days=30)])
def test_a_pause_says_how_long_the_plan_is_paid_for(page: Client, alice: User, resumes: datetime | None) -> None:
    make_subscription(alice, pause_behavior="void", pause_resumes_at=resumes, paid_until=IN_A_WEEK)
    text = words(page)
    until = f" until {day(resumes)}" if resumes else ""
    assert f"Your payments for Basic are paused{until}. You have Basic until {day(IN_A_WEEK)}." in text
    assert "End the pause" in buttons(page)
    assert "Pause payments" not in buttons(page)


def test_a_pause_of_what_ends_says_so_and_the_end_can_be_taken_back(page: Client, alice: User) -> None:
    make_subscription(
        alice, pause_behavior="void", paid_until=IN_A_WEEK, current_period_end=IN_A_WEEK, cancel_at_period_end=True
    )
    text = words(page)
    assert f"The subscription ends on {day(IN_A_WEEK)}, and nothing more is charged." in text
    assert "the next one is due on" not in text
    assert "Keep Basic" in buttons(page)


@pytest.mark.parametrize(
    ("pause", "said"),
    [
        ({}, "Until then it is charged."),
        (
            {"pause_behavior": "void", "pause_resumes_at": IN_A_WEEK + timedelta(days=9)},
            "When the pause is over, it is charged until then.",
        ),
    ],
    ids=["ending", "paused"],
)
def test_an_end_in_another_period_is_not_said_to_charge_nothing_more(
    page: Client, alice: User, pause: dict[str, Any], said: str
) -> None:
    ends = IN_A_WEEK + timedelta(days=60)
    make_subscription(alice, current_period_end=IN_A_WEEK, paid_until=IN_A_WEEK, cancel_at=ends, **pause)
    text = words(page)
    assert said in text
    assert f"ends on {day(ends)}." in text
    assert "the next payment is then due" not in text
    assert (f"Next payment$4.99 on {day(IN_A_WEEK)} " in text) is not bool(pause)
    assert text.count("nothing more is charged") == 1
    assert "You keep Basic to the end of what you paid for, and nothing more is charged." in text
    assert {"Keep Basic", "End Basic"} <= set(buttons(page))


def test_a_pause_that_outlasts_an_end_in_another_period_charges_nothing_more(page: Client, alice: User) -> None:
    ends = IN_A_WEEK + timedelta(days=60)
    make_subscription(alice, current_period_end=IN_A_WEEK, paid_until=IN_A_WEEK, cancel_at=ends, pause_behavior="void")
    assert f"The subscription ends on {day(ends)}, and nothing more is charged." in words(page)


def test_a_pause_that_has_outlived_what_was_paid_says_what_is_left(page: Client, alice: User) -> None:
    make_subscription(alice, pause_behavior="void", paid_until=A_WEEK_AGO)
    assert "are paused. Meanwhile you have the Free plan." in words(page)


def test_after_a_pause_that_was_too_long_a_new_period_can_be_begun(page: Client, alice: User) -> None:
    make_subscription(alice, paid_until=A_WEEK_AGO, current_period_start=A_WEEK_AGO)
    text = words(page)
    assert "Your pause is over, and so is what you paid for. You have the Free plan until a new period begins." in text
    assert "A new period of Basic begins at once, and $4.99 is charged." in text
    assert "We have not heard" not in text
    assert "Begin new period" in buttons(page)


def test_what_has_ended_is_over(page: Client, alice: User) -> None:
    make_subscription(alice, status="canceled", ended_at=A_WEEK_AGO)
    text = words(page)
    assert f"Free plan. Basic ended on {day(A_WEEK_AGO)}." in text
    assert "Choose a plan" in buttons(page)
    assert "End Basic" not in buttons(page)


def test_what_was_never_paid_leaves_no_word(page: Client, alice: User) -> None:
    make_subscription(alice, status="incomplete_expired")
    assert "Basic" not in words(page)


def test_a_live_subscription_counts_whatever_came_after_it(page: Client, alice: User) -> None:
    make_subscription(alice, started_at=A_WEEK_AGO)
    make_subscription(alice, price_of("pro"), status="canceled", ended_at=NOW)
    make_subscription(alice, price_of("pro"), status="incomplete")
    assert "Basic plan. The next payment" in words(page)


def test_a_change_that_waits_can_be_taken_back(page: Client, alice: User) -> None:
    change = {"next_price": price_of("basic"), "next_price_at": IN_A_WEEK, "current_period_end": IN_A_WEEK}
    make_subscription(alice, price_of("pro"), **change)
    text = words(page)
    assert f"Basic from {day(IN_A_WEEK)}. Until then Pro goes on." in text
    assert f"The next payment is $4.99 on {day(IN_A_WEEK)}" in text
    assert "Keep my present plan" in buttons(page)


def test_a_grant_says_how_long_it_lasts(page: Client, alice: User) -> None:
    given = grant(alice, "pro")
    type(given).objects.filter(pk=given.pk).update(valid_until=IN_A_WEEK)
    text = words(page)
    assert f"Pro plan until {day(IN_A_WEEK)}." in text
    assert f"Pro until {day(IN_A_WEEK)} given to you by us." in text
    assert "0 of 10 in use" in text


def test_a_grant_that_is_smaller_than_the_plan_is_no_riddle(page: Client, alice: User) -> None:
    make_subscription(alice, price_of("pro"))
    grant(alice, "basic")
    assert "Basic given to you by us. Your present plan is larger, so it is not needed now." in words(page)


def test_the_card_is_named_by_its_last_digits_and_its_end(page: Client, alice: User) -> None:
    make_customer(alice, card_brand="visa", card_last4="4242", card_exp_month=9, card_exp_year=2034)
    make_subscription(alice)
    text = words(page)
    assert "Visa ending in 4242, valid to 09/2034" in text
    assert "expires before" not in text
    assert "Change card" in buttons(page)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (NOW - timedelta(days=40), "Change it, or the next payment fails."),
        (NOW, "It expires before the next payment."),
    ],
)
def test_a_card_that_ends_too_soon_is_noticed(page: Client, alice: User, ends: datetime, said: str) -> None:
    make_customer(alice, card_brand="visa", card_last4="4242", card_exp_month=ends.month, card_exp_year=ends.year)
    make_subscription(alice, current_period_end=NOW + timedelta(days=62))
    assert said in words(page)


@pytest.mark.parametrize(
    ("balance", "said"), [(-250, "€2.50 credit."), (250, "€2.50 is added to your next invoice."), (0, "")]
)
def test_credit_is_shown_and_taken_off_the_next_payment(page: Client, alice: User, balance: int, said: str) -> None:
    make_customer(alice, balance_minor=balance, currency="EUR")
    make_subscription(alice, price_of(currency="EUR"))
    text = words(page)
    assert said in text
    assert ("less your credit" in text) == (balance < 0)


def test_every_page_says_the_next_payment_with_the_credit_that_is_taken_off_it(page: Client, alice: User) -> None:
    make_customer(alice, balance_minor=-250, currency="EUR")
    make_subscription(alice, price_of(currency="EUR"), current_period_end=IN_A_WEEK)
    said = f"€4.99 on {day(IN_A_WEEK)}, less your credit of €2.50"
    billing = words(page)
    assert f"The next payment is {said}." in billing
    assert f"Next payment{said} (before discounts and taxes)" in billing
    assert f"The next payment is {said}." in words(page, "/dashboard")


def test_invoices_are_listed_newest_first_with_where_to_see_them(page: Client, alice: User) -> None:
    links: dict[str, Any] = {
        "hosted_url": "https://invoice.stripe.com/i/1",
        "pdf_url": "https://pay.stripe.com/invoice/1/pdf",
    }
    old = make_invoice(alice, at=A_WEEK_AGO, number="NX-1", **links)
    make_payment(alice, old, refunded_minor=499)
    make_invoice(alice, number="NX-2", status="void", currency="JPY", total_minor=700)
    make_invoice(alice, number="NX-3", status="open")
    make_invoice(alice, number="NX-4", status="uncollectible")
    make_invoice(alice, number="", status="draft")
    text = words(page)
    assert f"NX-2 {day(NOW)} ¥700 Void" in text
    assert f"NX-3 {day(NOW)} $4.99 To be paid" in text
    assert f"NX-4 {day(NOW)} $4.99 Given up" in text
    assert f"NX-1 {day(A_WEEK_AGO)} $4.99 Paid $4.99 refunded View PDF" in text
    assert text.index("NX-2") < text.index("NX-1")
    markup = page.get("/billing").text
    assert all(f'href="{link}"' in markup for link in links.values())
    assert markup.count('<th scope="row">') == 4


def test_many_invoices_have_pages(page: Client, alice: User) -> None:
    for number in range(3):
        make_invoice(alice, at=NOW - timedelta(days=number), number=f"NX-{number}")
    assert "NX-2" in words(page, "/billing?limit=2&page=2")
    words(page, "/billing?limit=2&page=9", 404)
    words(page, "/billing?page=nonsense", 400)


def test_nothing_of_others_is_shown(page: Client, bob: User) -> None:
    make_customer(bob, card_brand="visa", card_last4="4242")
    subscription = make_subscription(bob, price_of("pro"))
    make_invoice(bob, subscription, number="BOBS-1")
    grant(bob, "pro")
    text = words(page)
    assert "Free plan." in text
    assert not re.search("Pro|4242|BOBS", text)


def test_who_is_nobody_is_asked_to_sign_in(db: None) -> None:
    assert Client().get("/billing").headers["Location"] == "/login?next=/billing"


def test_it_costs_the_same_with_1_and_with_50_invoices_and_no_cache_keeps_it(page: Client, alice: User) -> None:
    subscription = make_subscription(alice)
    customer_of(alice)
    make_payment(alice, make_invoice(alice, subscription))
    grant(alice, "basic")
    with recorded_queries() as few:
        page.get("/billing?limit=100")
    for _ in range(49):
        make_payment(alice, make_invoice(alice, subscription))
    with recorded_queries() as many:
        answer = page.get("/billing?limit=100")
    # The session and its person, what is new, the plan, its subscription, its customer, its grants, what is not brought in yet (2),
    # invoices, devices, their data.
    assert len(few) == len(many) == 12
    assert "no-store" in answer.headers["Cache-Control"]


def test_where_nothing_is_sold_no_button_says_so(page: Client, alice: User, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    assert buttons(page) == ["Redeem code"]
    assert "Invoices" not in words(page)
    grant(alice, "basic")
    text = words(page)
    assert "Basic given to you by us." in text
    for path in ("/", "/dashboard", "/billing"):
        assert "billing/plans" not in page.get(path).text
    assert page.get("/billing/plans").headers["Location"] == "/billing"
    assert "Choose Basic" not in page.get("/").text


def test_only_pages_with_a_form_that_ends_at_stripe_let_it_go_there(page: Client, settings: Settings) -> None:
    def form_action(path: str) -> str:
        policy = page.get(path).headers["Content-Security-Policy"]
        return next(rule for rule in policy.split("; ") if rule.startswith("form-action"))

    assert form_action("/billing") == "form-action 'self' https://checkout.stripe.com https://billing.stripe.com"
    assert form_action("/billing/plans") == form_action("/billing")
    assert form_action("/dashboard") == form_action("/") == "form-action 'self'"
    settings.STRIPE_API_BASE = "http://127.0.0.1:12111"
    assert form_action("/billing") == "form-action 'self' http://127.0.0.1:12111"


def test_the_dashboard_says_in_one_line_what_comes_next(page: Client, alice: User) -> None:
    assert "payment" not in words(page, "/dashboard")
    make_subscription(alice, current_period_end=IN_A_WEEK)
    text = words(page, "/dashboard")
    assert f"Basic plan, up to 5 devices The next payment is $4.99 on {day(IN_A_WEEK)}." in text
