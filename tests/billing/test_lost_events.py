"""Events that never came are found, taken in and followed; what may still be on its way is not lost."""

from __future__ import annotations

import pytest

from accounts.models import User
from billing.models import (
    Discrepancy,
    Payment,
    StripeEvent,
    Subscription,
)
from tests.billing.comparing import Kind, differences, run
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.mails import waiting_mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_reader")]


def test_a_lost_event_is_found_taken_in_and_healed(shop: Shop, subscription: Subscription) -> None:
    shop.api.subscriptions.update(subscription.pk, {"cancel_at_period_end": True})
    (lost,) = [event for event in shop.events() if event["type"] == "customer.subscription.updated"]
    found = run(Kind.EVENTS)
    assert (found.error, found.differences) == ("", 1)
    assert differences() == [("lost_event", lost["id"], True)]
    event = StripeEvent.objects.get(pk=lost["id"])
    assert (event.was_missed, event.state) == (True, StripeEvent.State.DONE)
    subscription.refresh_from_db()
    assert subscription.cancel_at_period_end
    assert Discrepancy.objects.get().user == subscription.user
    assert run(Kind.EVENTS).differences == 0
    assert not waiting_mails("payments_differ")


@pytest.mark.usefixtures("subscription")
def test_a_lost_event_that_names_no_customer_is_followed_too(shop: Shop) -> None:
    charge = shop.api.charges.list().data[0]
    shop.post("disputes", charge=charge.id)
    shop.events()
    assert run(Kind.EVENTS).error == ""
    assert {healed for _, _, healed in differences()} == {True}
    assert Payment.objects.get(pk=charge.id).disputes.count() == 1


def test_what_may_still_be_on_its_way_is_not_lost(shop: Shop, subscription: Subscription) -> None:
    shop.api.subscriptions.update(subscription.pk, {"cancel_at_period_end": True})
    assert run(Kind.EVENTS, hours=0).differences == 0
    shop.catch_up()
    assert run(Kind.EVENTS).differences == 0


def test_events_about_nobody_here_are_no_difference(shop: Shop, subscription: Subscription) -> None:
    subscribe(shop, shop.payer().id)
    assert run(Kind.EVENTS).differences == 0
    assert StripeEvent.objects.filter(was_missed=True, state=StripeEvent.State.IGNORED).exists()
    assert {kind for kind, *_ in differences()} <= {Discrepancy.Kind.UNKNOWN_CUSTOMER}


@pytest.mark.usefixtures("subscription")
def test_one_lost_event_of_which_stripe_cannot_say_whose_it_is_is_not_the_others_loss(shop: Shop, bob: User) -> None:
    subscribe(shop, payer(shop, bob))
    shop.catch_up()
    first, second = (charge.id for charge in shop.api.charges.list().data)
    shop.post("disputes", charge=first)
    shop.post("disputes", charge=second)
    shop.events()
    shop.post("faults", mode="500", count=1000, path=f"/v1/charges/{first}")
    assert run(Kind.EVENTS).error.endswith("could not be compared")
    assert Payment.objects.get(pk=second).disputes.count() == 1
