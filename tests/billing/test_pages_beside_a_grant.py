"""What the billing pages say to somebody who has one plan given and pays for another: which one counts, and what a step really changes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings as service
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from billing.models import PlanGrant
from tests.billing.browsing import browser, buttons, words
from tests.billing.sandbox.world import KEY
from tests.billing.test_pages_billing import day
from tests.factories.billing import grant
from tests.factories.payments import make_subscription, price_of

NOW = timezone.now()
IN_A_WEEK, IN_A_MONTH, A_WEEK_AGO = NOW + timedelta(days=7), NOW + timedelta(days=30), NOW - timedelta(days=7)
LONG_AGO = NOW - timedelta(days=service.DUNNING_GRACE_DAYS + 1)
GOES_ON = "Your Pro plan goes on as it is."


@pytest.fixture
def page(alice: User, settings: Settings) -> Client:
    settings.STRIPE_SECRET_KEY = KEY
    return browser(alice)


def given(alice: User, code: str = "pro", until: datetime | None = None) -> None:
    PlanGrant.objects.filter(pk=grant(alice, code).pk).update(valid_until=until)


# Ending and pausing


@pytest.mark.parametrize("path", ["/billing/cancel", "/billing/pause"])
def test_a_larger_plan_that_is_given_goes_on_after_the_end_and_through_the_pause(
    page: Client, alice: User, path: str
) -> None:
    make_subscription(alice, current_period_end=IN_A_WEEK, paid_until=IN_A_WEEK)
    given(alice)
    text = words(page, path)
    assert f"until {day(IN_A_WEEK)}." in text
    assert GOES_ON in text
    assert "Then you have" not in text
    assert "Devices beyond" not in text


@pytest.mark.parametrize("path", ["/billing/cancel", "/billing/pause"])
def test_a_grant_that_is_over_by_then_is_not_what_is_left(page: Client, alice: User, path: str) -> None:
    make_subscription(alice, current_period_end=IN_A_MONTH, paid_until=IN_A_MONTH)
    given(alice, until=IN_A_WEEK)
    text = words(page, path)
    assert "Then you have the Free plan" in text
    assert "goes on as it is" not in text


def test_a_grant_as_large_as_what_is_paid_for_goes_on_too(page: Client, alice: User) -> None:
    make_subscription(alice, price_of("pro"))
    given(alice)
    assert GOES_ON in words(page, "/billing/cancel")


def test_what_is_stopped_takes_nothing_with_it(page: Client, alice: User) -> None:
    make_subscription(alice, status="past_due", unpaid_since=LONG_AGO)
    assert "Your Free plan goes on as it is." in words(page, "/billing/cancel")


# The billing page and the dashboard


def test_the_head_says_which_plan_counts_and_which_is_paid_for(page: Client, alice: User) -> None:
    make_subscription(alice, current_period_end=IN_A_WEEK)
    given(alice)
    text = words(page)
    paid = f"You pay for Basic besides. The next payment is $4.99 on {day(IN_A_WEEK)}."
    assert f"You have the Pro plan. {paid}" in text
    assert "Basic plan." not in text
    assert f"Pro plan, up to 10 devices {paid}" in words(page, "/dashboard")
    assert f"You keep Basic to the end of what you paid for. {GOES_ON}" in text
    assert f"You keep Basic to the end of what you paid for, and nothing more is charged. {GOES_ON}" in text


def test_an_end_is_that_of_the_subscription_alone(page: Client, alice: User) -> None:
    make_subscription(alice, current_period_end=IN_A_WEEK, cancel_at_period_end=True)
    given(alice, until=IN_A_MONTH)
    text = words(page)
    assert f"You have the Pro plan. Basic ends on {day(IN_A_WEEK)}, and nothing more is charged." in text
    assert f"Subscription ends{day(IN_A_WEEK)}" in text.replace("Subscription ends ", "Subscription ends")
    assert f"Until{day(IN_A_MONTH)}" in text.replace("Until ", "Until")


def test_after_a_long_pause_it_says_once_which_plan_is_had(page: Client, alice: User) -> None:
    make_subscription(alice, pause_behavior="void", paid_until=A_WEEK_AGO)
    given(alice)
    text = words(page)
    assert "You have the Pro plan. Your payments for Basic are paused." in text
    assert "Meanwhile" not in text


def test_a_missing_payment_turns_no_device_off_that_another_plan_covers(page: Client, alice: User) -> None:
    make_subscription(alice, status="past_due", unpaid_since=LONG_AGO)
    given(alice)
    for path in ("/billing", "/dashboard"):
        text = words(page, path)
        assert f"Basic is stopped, because a payment is missing. {GOES_ON}" in text
        assert "has no room" not in text
    ends = "Your subscription ends at once, the open invoice becomes void, and nothing more is charged."
    assert f"{ends} {GOES_ON}" in words(page)


def test_a_smaller_plan_that_is_given_leaves_devices_without_room(page: Client, alice: User) -> None:
    make_subscription(alice, price_of("pro"), status="past_due", unpaid_since=LONG_AGO)
    given(alice, "basic")
    text = words(page)
    assert "You have the Basic plan. Devices for which it has no room are off" in text


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "paused"},
        {"status": "incomplete"},
        {"paid_until": A_WEEK_AGO, "current_period_start": A_WEEK_AGO},
    ],
)
def test_no_other_trouble_sets_an_end_to_what_is_given(page: Client, alice: User, fields: dict[str, Any]) -> None:
    make_subscription(alice, **fields)
    assert "You have the Free plan until" in words(page)
    given(alice)
    text = words(page)
    assert GOES_ON in text
    assert "plan until" not in text


def test_what_gives_nothing_says_only_when_it_ends(page: Client, alice: User) -> None:
    make_subscription(alice, withheld="refunded", current_period_end=IN_A_WEEK)
    text = words(page)
    assert f"It ends on {day(IN_A_WEEK)}, and nothing more is charged." in text
    assert "You keep Basic" not in text


# Choosing


def test_the_choice_marks_the_plan_that_counts_and_the_one_that_is_paid_for(page: Client, alice: User) -> None:
    make_subscription(alice)
    given(alice)
    text = words(page, "/billing/plans")
    assert "Pro Your plan" in text
    assert "You have this without paying." in text
    assert "Basic Your subscription" in text
    assert "Your present plan is larger, so it is not needed now." in text
    assert "You have this. " not in text
    assert buttons(page, "/billing/plans") == ["End Basic", "Change to Pro"]


def test_all_cards_have_the_four_parts_that_stand_on_the_same_lines(page: Client, alice: User) -> None:
    """A fifth would lie upon the fourth: the style sheet shares four lines among the cards."""
    given(alice)
    for pays in (False, True):
        if pays:
            make_subscription(alice)
        cards = re.findall(r'<article class="card plan.*?</article>', page.get("/billing/plans").text, re.DOTALL)
        assert [len(_Parts(card).found) for card in cards] == [4, 4, 4]


class _Parts(HTMLParser):
    """What lies within an element itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.depth = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("input", "wbr"):
            return
        if self.depth == 1:
            self.found.append(tag)
        self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1


def test_who_has_a_plan_given_is_told_before_buying_it(page: Client, alice: User) -> None:
    assert "without paying" not in words(page, "/billing/plans").replace("Everybody has this without paying.", "")
    given(alice, until=IN_A_WEEK)
    text = words(page, "/billing/plans")
    assert f"You have this until {day(IN_A_WEEK)} without paying." in text
    assert "Your present plan is larger, so it is not needed now." in text
    assert buttons(page, "/billing/plans") == ["Buy Basic", "Buy Pro"]


def test_what_ends_beside_a_grant_does_not_lead_to_the_free_plan(page: Client, alice: User) -> None:
    make_subscription(alice, cancel_at_period_end=True)
    assert "You have this when your plan has ended." in words(page, "/billing/plans")
    given(alice)
    text = words(page, "/billing/plans")
    assert "when your plan has ended" not in text
    assert "Everybody has this without paying." in text


def test_what_is_stopped_is_not_called_the_plan_that_is_had(page: Client, alice: User) -> None:
    make_subscription(alice, status="past_due", unpaid_since=LONG_AGO)
    text = words(page, "/billing/plans")
    assert "Free Your plan" in text
    assert "Basic Your subscription" in text
    assert "You have this." not in text
    assert buttons(page, "/billing/plans") == ["End Basic", "Change to Pro"]


def test_only_a_purchase_is_told_of_stripes_page(page: Client, alice: User) -> None:
    assert "A promotion code is entered on Stripe’s page." in words(page, "/billing/plans")
    make_subscription(alice)
    assert "Stripe’s page" not in words(page, "/billing/plans")
