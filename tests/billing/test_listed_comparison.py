"""Stripe's own list of subscriptions tells of whom we know nothing, and who has their turn now."""

from __future__ import annotations

import pytest

from accounts.models import User
from billing.models import (
    StripeCustomer,
    Subscription,
)
from billing.services import listed_comparison
from tests.billing.comparing import Kind, differences, later, run
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.mails import waiting_mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_reader")]


def test_a_customer_whom_nobody_here_is_is_told_until_they_pay_no_more(shop: Shop, sam: User) -> None:
    shop.events()
    stranger = shop.payer().id
    id = subscribe(shop, stranger)
    run(Kind.SUBSCRIPTIONS)
    assert differences() == [("unknown_customer", stranger, False)]
    (mail,) = waiting_mails("payments_differ")
    assert (mail.to, mail.subject) == ("books@example.com", "1 difference from Stripe needs somebody")
    assert stranger in mail.text
    assert stranger in mail.html
    run(Kind.SUBSCRIPTIONS, hours=25)
    assert len(waiting_mails("payments_differ")) == 1
    shop.api.subscriptions.cancel(id)
    run(Kind.SUBSCRIPTIONS, hours=50)
    assert differences() == [("unknown_customer", stranger, True)]


@pytest.fixture
def _page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of so many that a run comes through one page of one entry."""
    monkeypatch.setattr(listed_comparison, "PAGE", 1)
    monkeypatch.setattr(listed_comparison, "LONGEST_S", 0.0)


@pytest.mark.usefixtures("_page_by_page")
def test_a_list_that_is_too_long_for_a_run_is_gone_on_with_in_the_next(
    shop: Shop, subscription: Subscription, bob: User
) -> None:
    strangers = [shop.payer().id, shop.payer().id]
    for stranger in strangers:
        subscribe(shop, stranger)
    first, second, third = (run(Kind.SUBSCRIPTIONS, hours=number) for number in (1, 2, 3))
    assert (first.cursor != "", first.reached, first.compared) == (True, None, 1)
    assert (second.cursor not in {"", first.cursor}, second.reached, second.compared) == (True, None, 0)
    assert (third.cursor, third.reached) == ("", third.started_at)
    assert [object_id for _, object_id, _ in differences()] == strangers[::-1]
    # From the beginning again, a day later.
    assert run(Kind.SUBSCRIPTIONS, hours=4).cursor == ""
    assert run(Kind.SUBSCRIPTIONS, hours=27).cursor == first.cursor


@pytest.mark.usefixtures("_page_by_page")
def test_the_place_in_the_list_may_be_gone(shop: Shop, subscription: Subscription) -> None:
    newest = subscribe(shop, shop.payer().id)
    assert run(Kind.SUBSCRIPTIONS).cursor == newest
    shop.api.subscriptions.cancel(newest)
    assert run(Kind.SUBSCRIPTIONS, hours=2).reached is not None


def test_whose_subscription_differs_in_the_list_has_their_turn_now(
    shop: Shop, subscription: Subscription, bob: User
) -> None:
    other = subscribe(shop, payer(shop, bob))
    shop.catch_up()
    assert run(Kind.SUBSCRIPTIONS).compared == 2
    # Compared long after the others, if it went by turns.
    StripeCustomer.objects.update(compared_at=later(20))
    shop.api.subscriptions.update(other, {"cancel_at_period_end": True})
    found = run(Kind.SUBSCRIPTIONS, hours=25)
    assert (found.compared, found.differences) == (1, 1)
    assert differences() == [("subscription", other, True)]


def test_a_list_that_cannot_be_read_keeps_nobody_from_being_compared(shop: Shop, subscription: Subscription) -> None:
    # The list, twice repeated.
    shop.post("faults", mode="500", count=3, path="/v1/subscriptions")
    found = run(Kind.SUBSCRIPTIONS)
    assert (found.compared, found.reached, found.error) == (1, None, "1 could not be compared")
    assert run(Kind.SUBSCRIPTIONS, hours=2).reached is not None
