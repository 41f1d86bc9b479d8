"""Each customer's rows are compared with Stripe once a day, whoever else cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from djstripe.models import Price as DjStripePrice

from accounts.models import User
from billing.models import (
    Discrepancy,
    StripeCustomer,
    Subscription,
)
from billing.services.comparing import AWAY_AT_MOST
from billing.services.sync import sync_without_copy
from tests.billing.comparing import Kind, differences, run
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.factories.accounts import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_reader")]


def test_an_edited_subscription_is_found_with_what_differed(shop: Shop, subscription: Subscription) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(cancel_at_period_end=True, status="past_due")
    assert run(Kind.SUBSCRIPTIONS).differences == 1
    assert differences() == [("subscription", subscription.pk, True)]
    found = Discrepancy.objects.get()
    assert found.details == {"status": ["past_due", "active"], "cancel_at_period_end": [True, False]}
    assert found.user == subscription.user
    subscription.refresh_from_db()
    assert (subscription.status, subscription.cancel_at_period_end) == ("active", False)


@pytest.mark.usefixtures("subscription")
def test_a_price_that_the_copy_has_not_is_asked_for_by_a_comparison_too() -> None:
    DjStripePrice.objects.all().delete()
    assert run(Kind.SUBSCRIPTIONS).differences == 0
    assert DjStripePrice.objects.exists()
    assert differences() == []


def test_a_subscription_edited_at_stripe_is_found_without_any_event(shop: Shop, subscription: Subscription) -> None:
    shop.api.subscriptions.update(subscription.pk, {"cancel_at_period_end": True})
    run(Kind.SUBSCRIPTIONS)
    assert Discrepancy.objects.get().details["cancel_at_period_end"] == [False, True]


def test_a_subscription_that_we_did_not_know_is_found(shop: Shop, subscription: Subscription, bob: User) -> None:
    customer = payer(shop, bob)
    shop.catch_up()
    StripeCustomer.objects.filter(pk=customer).update(synced_at=timezone.now())
    id = subscribe(shop, customer)
    run(Kind.SUBSCRIPTIONS)
    assert Discrepancy.objects.get(object_id=id).details["status"] == [None, "active"]
    assert Subscription.objects.get(pk=id).user == bob


def test_what_an_event_is_about_that_waits_is_no_difference(shop: Shop, subscription: Subscription) -> None:
    shop.api.subscriptions.update(subscription.pk, {"cancel_at_period_end": True})
    for event in shop.events():
        shop.deliver(event)
    assert run(Kind.SUBSCRIPTIONS).differences == 0
    subscription.refresh_from_db()
    assert subscription.cancel_at_period_end


def test_a_deleted_customer_is_found_and_has_nothing_any_more(shop: Shop, subscription: Subscription) -> None:
    shop.api.customers.delete(subscription.customer_id)
    found = run(Kind.SUBSCRIPTIONS)
    assert (found.error, found.differences) == ("", 1)
    assert differences() == [("customer_deleted", subscription.customer_id, True)]
    subscription.refresh_from_db()
    assert subscription.status == "canceled"
    assert StripeCustomer.objects.get().deleted_at
    assert run(Kind.SUBSCRIPTIONS, hours=48).compared == 0


def test_everybody_is_compared_once_a_day_the_longest_ago_first(shop: Shop, subscription: Subscription) -> None:
    assert run(Kind.SUBSCRIPTIONS).compared == 1
    assert run(Kind.SUBSCRIPTIONS).compared == 0
    assert run(Kind.SUBSCRIPTIONS, hours=24.5).compared == 1


def test_the_failure_of_one_customer_is_not_the_others_loss(
    shop: Shop, subscription: Subscription, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer(shop, bob)
    Subscription.objects.filter(pk=subscription.pk).update(status="past_due")

    def fails_for_bob(customer_id: str, **how: Any) -> Any:
        if customer_id != subscription.customer_id:
            raise TypeError
        return sync_without_copy(customer_id, **how)

    monkeypatch.setattr("billing.services.stored_comparison.sync_without_copy", fails_for_bob)
    found = run(Kind.SUBSCRIPTIONS)
    assert (found.compared, found.differences, found.error) == (1, 1, "1 could not be compared")


def test_one_of_whom_stripe_cannot_say_anything_is_not_the_others_loss(
    shop: Shop, subscription: Subscription, bob: User
) -> None:
    """However often: they are not at the head of the queue again."""
    customer = payer(shop, bob)
    shop.post("faults", mode="500", count=1000, path=f"/v1/customers/{customer}")
    found = run(Kind.SUBSCRIPTIONS)
    assert (found.compared, found.error) == (1, "1 could not be compared")
    assert found.reached is not None
    assert run(Kind.SUBSCRIPTIONS, hours=1.5).error == ""
    assert run(Kind.SUBSCRIPTIONS, hours=2.5).error == "1 could not be compared"
    shop.post("faults", mode="500", count=0)
    assert run(Kind.SUBSCRIPTIONS, hours=4).compared == 1


def test_when_stripe_is_away_nobody_is_asked_for_after_a_few(shop: Shop, subscription: Subscription) -> None:
    for number in range(AWAY_AT_MOST + 2):
        payer(shop, make_user(f"away{number}@example.com"))
    shop.post("faults", mode="500", count=1000, path="/v1/customers/")
    found = run(Kind.SUBSCRIPTIONS)
    assert (found.compared, found.error[:20]) == (0, "payments_unavailable")
    assert StripeCustomer.objects.exclude(compared_at=None).count() == AWAY_AT_MOST
