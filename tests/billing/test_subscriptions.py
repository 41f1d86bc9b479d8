"""Ending a subscription, keeping it, pausing it: what Stripe then does, and what is answered at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, User
from billing.errors import NotSubscribed
from billing.gateway.errors import PaymentDeclined, PaymentsUnavailable
from billing.models import StripeOrder
from billing.services.subscriptions import cancel, live_subscription, pause, resume, unpause
from nexusvpn.errors import InvalidInput
from tests.billing.buying import DECLINED, VISA, buy, charged, store
from tests.billing.shop import Shop
from tests.factories.payments import make_subscription

pytestmark = pytest.mark.django_db


def acts(user: User) -> list[str]:
    found = AuditEvent.objects.filter(person_id=user.pk, action__startswith="subscription_").order_by("at", "pk")
    return list(found.values_list("action", flat=True))


def lost_answer(shop: Shop, subscription: str) -> None:
    """The next change of this subscription is made, and its answer lost; the look before it is not met."""
    path = f"/v1/subscriptions/{subscription}"
    shop.post("faults", mode="slow", count=1, seconds=0, path=path)
    shop.post("faults", mode="drop", count=1, path=path)


def test_a_subscription_ends_with_its_period_unless_it_is_kept(shop: Shop, alice: User, bob: User) -> None:
    rows = [buy(shop, user) for user in (alice, bob)]
    for user in (alice, bob):
        ending = cancel(user)
        assert (ending.cancel_at, ending.status) == (ending.current_period_end, "active")
    assert resume(bob).cancel_at is None
    shop.advance(days=32)
    assert [shop.subscription(row.stripe_id).status for row in rows] == ["canceled", "active"]
    with pytest.raises(NotSubscribed):
        resume(alice)
    assert (acts(alice), acts(bob)) == (
        ["subscription_cancelled"],
        ["subscription_cancelled", "subscription_resumed"],
    )


def test_where_a_payment_is_missing_it_ends_at_once_and_nothing_more_is_collected(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    shop.card_becomes("4000000000000341", row.customer_id)
    shop.advance(days=31.5)
    assert shop.subscription(row.pk).status == "past_due"
    assert cancel(alice).status == "canceled"
    shop.card_becomes(VISA, row.customer_id)
    shop.advance(days=30)
    assert charged(shop) == [499]
    assert [one.status for one in shop.api.invoices.list({"subscription": row.pk}).data] == ["void", "paid"]
    assert acts(alice) == ["subscription_cancelled"]


def test_what_was_done_is_not_done_again(shop: Shop, alice: User) -> None:
    buy(shop, alice)
    for act in (cancel, cancel, resume, resume, pause, pause, unpause, unpause):
        act(alice)
    assert acts(alice) == [f"subscription_{word}" for word in ("cancelled", "resumed", "paused", "unpaused")]
    assert StripeOrder.objects.exclude(purpose="customer").count() == 4


def test_an_end_on_a_date_is_taken_back_too(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    in_ten_days = int((timezone.now() + timedelta(days=10)).timestamp())
    shop.api.subscriptions.update(row.stripe_id, {"cancel_at": in_ten_days})
    assert cancel(alice).cancel_at is not None
    assert resume(alice).cancel_at is None
    assert shop.subscription(row.stripe_id).cancel_at is None


def test_an_end_at_a_later_date_is_brought_forward_to_the_end_of_the_period(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    in_a_hundred_days = int((timezone.now() + timedelta(days=100)).timestamp())
    shop.api.subscriptions.update(row.stripe_id, {"cancel_at": in_a_hundred_days})
    ending = cancel(alice)
    assert ending.cancel_at == ending.current_period_end
    shop.advance(days=32)
    assert shop.subscription(row.stripe_id).status == "canceled"
    assert charged(shop) == [499]


def test_a_cancellation_whose_answer_was_lost_is_no_reason_to_ignore_the_next(shop: Shop, alice: User) -> None:
    """Under the first one's key Stripe would only repeat what it answered then."""
    row = buy(shop, alice)
    lost_answer(shop, row.stripe_id)
    with pytest.raises(PaymentsUnavailable):
        cancel(alice)
    assert resume(alice).cancel_at is None
    assert cancel(alice).cancel_at is not None
    assert shop.subscription(row.stripe_id).cancel_at_period_end


def test_nor_is_one_that_was_taken_back_elsewhere_a_while_later(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    lost_answer(shop, row.stripe_id)
    with pytest.raises(PaymentsUnavailable):
        cancel(alice)
    # On Stripe's own page.
    shop.api.subscriptions.update(row.stripe_id, {"cancel_at_period_end": False})
    StripeOrder.objects.filter(state="open").update(created_at=timezone.now() - timedelta(minutes=2))
    cancel(alice)
    assert shop.subscription(row.stripe_id).cancel_at_period_end


def test_a_pause_charges_nothing_until_it_is_ended(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    assert pause(alice).pause_behavior == "void"
    shop.advance(days=65)
    assert charged(shop) == [499]
    store(shop, alice, paid_until=row.current_period_end - timedelta(days=40))
    going_on = unpause(alice)
    assert going_on.pause_behavior == ""
    # A period that begins now, paid now.
    assert charged(shop) == [499, 499]
    shop.advance(days=32)
    assert charged(shop) == [499, 499, 499]


def test_a_pause_that_is_ended_in_paid_time_charges_nothing(shop: Shop, alice: User) -> None:
    buy(shop, alice)
    pause(alice)
    unpause(alice)
    assert charged(shop) == [499]
    shop.advance(days=32)
    assert charged(shop) == [499, 499]


def test_a_pause_that_cannot_be_paid_for_goes_on(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    pause(alice)
    store(shop, alice, paid_until=timezone.now() - timedelta(days=1))
    shop.card_becomes(DECLINED, row.customer_id)
    with pytest.raises(PaymentDeclined):
        unpause(alice)
    assert shop.subscription(row.stripe_id).pause_collection
    shop.card_becomes(VISA, row.customer_id)
    unpause(alice)
    assert charged(shop) == [499, 499]


def test_a_card_whose_owner_must_confirm_is_said(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    pause(alice)
    store(shop, alice, paid_until=timezone.now() - timedelta(days=1))
    shop.card_becomes("4000002760003184", row.customer_id)
    with pytest.raises(PaymentDeclined) as refused:
        unpause(alice)
    assert refused.value.code == "authentication_required"


def test_a_pause_ends_by_itself_at_its_date(shop: Shop, alice: User) -> None:
    buy(shop, alice)
    until = timezone.now() + timedelta(days=40)
    assert pause(alice, until).pause_resumes_at == until.replace(microsecond=0)
    later = until + timedelta(days=5)
    assert pause(alice, later).pause_resumes_at == later.replace(microsecond=0)


@pytest.mark.parametrize("days", [-1, 366, 100_000])
def test_a_pause_has_an_end_within_a_year(alice: User, days: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        pause(alice, timezone.now() + timedelta(days=days))
    assert list(refused.value.fields) == ["until"]


@pytest.mark.parametrize("act", [cancel, resume, pause, unpause])
def test_without_a_subscription_nothing_is_asked_of_stripe(alice: User, act: Any) -> None:
    make_subscription(alice, status="canceled")
    make_subscription(alice, is_surplus=True)
    assert live_subscription(alice) is None
    with pytest.raises(NotSubscribed):
        act(alice)
