"""What a subscription's row says after each turn of its life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from billing.models import Dispute, Invoice, Payment, StripeCustomer, Subscription
from billing.services.dunning import look
from billing.services.sync import sync_customer
from tests.billing.lives import payer, price_id, subscribe
from tests.billing.shop import Shop

pytestmark = pytest.mark.django_db
DECLINED = "4000000000000341"
GOOD = "4242424242424242"
Status, Withheld = Subscription.Status, Subscription.Withheld


@pytest.fixture
def customer(shop: Shop, alice: User) -> str:
    return payer(shop, alice)


@pytest.fixture
def subscription(shop: Shop, customer: str) -> str:
    id = subscribe(shop, customer)
    shop.catch_up()
    return id


def row(id: str) -> Subscription:
    return Subscription.objects.select_related("price__plan", "next_price__plan").get(pk=id)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def renew_with(shop: Shop, customer: str, number: str) -> None:
    shop.card_becomes(number, customer)
    shop.advance(days=31.5)
    shop.catch_up()


def test_a_declined_renewal_is_unpaid_since_its_invoice(shop: Shop, customer: str, subscription: str) -> None:
    before = row(subscription)
    renew_with(shop, customer, DECLINED)
    now = row(subscription)
    open_one = Invoice.objects.get(status=Invoice.Status.OPEN)
    assert now.status == Status.PAST_DUE
    assert now.unpaid_since == open_one.finalized_at
    assert now.paid_until == before.paid_until == now.current_period_start
    assert open_one.attempt_count == 1
    assert open_one.next_payment_attempt is not None
    assert Payment.objects.filter(status=Payment.Status.FAILED).get().failure_code == "card_declined"


def test_a_payment_that_comes_later_mends_it(shop: Shop, customer: str, subscription: str) -> None:
    renew_with(shop, customer, DECLINED)
    shop.card_becomes(GOOD, customer)
    shop.api.invoices.pay(Invoice.objects.get(status=Invoice.Status.OPEN).pk)
    shop.catch_up()
    now = row(subscription)
    assert (now.status, now.unpaid_since) == (Status.ACTIVE, None)
    assert now.paid_until == now.current_period_end


def test_a_renewal_extends_what_is_paid_for(shop: Shop, customer: str, subscription: str) -> None:
    before = row(subscription)
    renew_with(shop, customer, GOOD)
    now = row(subscription)
    assert now.current_period_start == before.current_period_end
    assert now.paid_until == now.current_period_end


def test_a_trial_is_given_until_its_end(shop: Shop, customer: str) -> None:
    id = subscribe(shop, customer, trial_period_days=7)
    shop.catch_up()
    now = row(id)
    assert (now.status, now.paid_until) == (Status.TRIALING, now.trial_end)


def test_an_end_that_is_coming_and_its_taking_back(shop: Shop, subscription: str) -> None:
    shop.api.subscriptions.update(subscription, {"cancel_at_period_end": True})
    shop.catch_up()
    now = row(subscription)
    assert (now.cancel_at_period_end, now.cancel_at) == (True, now.current_period_end)
    shop.api.subscriptions.update(subscription, {"cancel_at_period_end": False})
    shop.catch_up()
    assert (row(subscription).cancel_at_period_end, row(subscription).cancel_at) == (False, None)


def test_an_end_that_came(shop: Shop, subscription: str) -> None:
    shop.api.subscriptions.cancel(subscription)
    shop.catch_up()
    now = row(subscription)
    assert now.status == Status.CANCELED
    assert now.ended_at is not None
    assert now.look_at is None


def test_a_pause_over_a_renewal_leaves_what_was_paid_for(shop: Shop, customer: str, subscription: str) -> None:
    before = row(subscription)
    shop.api.subscriptions.update(subscription, {"pause_collection": {"behavior": "void"}})
    renew_with(shop, customer, GOOD)
    now = row(subscription)
    assert (now.status, now.pause_behavior) == (Status.ACTIVE, "void")
    assert now.paid_until == before.paid_until
    assert Invoice.objects.filter(status=Invoice.Status.VOID).count() == 1


def test_a_change_that_waits_for_the_periods_end(shop: Shop, subscription: str) -> None:
    shop.api.subscriptions.update(
        subscription,
        {"items": [{"id": shop.subscription(subscription)["items"].data[0].id, "price": price_id("pro")}]},
    )
    schedule = shop.api.subscription_schedules.create({"from_subscription": subscription})
    phase = schedule.phases[0]
    phases: Any = [
        {
            "items": [{"price": price_id("pro"), "quantity": 1}],
            "start_date": phase.start_date,
            "end_date": phase.end_date,
        },
        {"items": [{"price": price_id("basic"), "quantity": 1}], "start_date": phase.end_date},
    ]
    shop.api.subscription_schedules.update(schedule.id, {"phases": phases, "end_behavior": "release"})
    shop.catch_up()
    now = row(subscription)
    assert now.price
    assert now.next_price
    assert (now.price.plan.code, now.next_price.plan.code) == ("pro", "basic")
    assert (now.schedule_id, now.next_price_at) == (schedule.id, at(phase.end_date))
    shop.api.subscription_schedules.release(schedule.id)
    shop.catch_up()
    assert (row(subscription).schedule_id, row(subscription).next_price, row(subscription).next_price_at) == (
        "",
        None,
        None,
    )


def test_an_upgrade_is_billed_for_the_rest_of_the_period(shop: Shop, subscription: str) -> None:
    item = shop.subscription(subscription)["items"].data[0].id
    shop.advance(days=10)
    update: Any = {"items": [{"id": item, "price": price_id("pro")}], "proration_behavior": "always_invoice"}
    shop.api.subscriptions.update(subscription, update)
    shop.catch_up()
    now = row(subscription)
    newest = Invoice.objects.first()
    assert newest
    assert now.price
    assert now.price.plan.code == "pro"
    assert newest.price == now.price
    assert (newest.period_end, now.paid_until) == (now.current_period_end, now.current_period_end)


def test_a_year_that_is_changed_for_a_month_is_not_paid_for_any_more(shop: Shop, customer: str) -> None:
    id = subscribe(shop, customer, "basic", "year")
    item = shop.subscription(id)["items"].data[0].id
    shop.advance(days=10)
    update: Any = {"items": [{"id": item, "price": price_id()}], "proration_behavior": "always_invoice"}
    shop.api.subscriptions.update(id, update)
    shop.catch_up()
    now = row(id)
    assert now.paid_until == now.current_period_end
    assert (now.current_period_end - now.current_period_start).days in (28, 29, 30, 31)
    assert StripeCustomer.objects.get().balance_minor < 0


def test_what_was_paid_back_in_full_is_withheld(shop: Shop, subscription: str) -> None:
    charge = Payment.objects.get().pk
    shop.api.refunds.create({"charge": charge, "amount": 100})
    shop.catch_up()
    assert (row(subscription).withheld, Payment.objects.get().refunded_minor) == (Withheld.NOT, 100)
    shop.api.refunds.create({"charge": charge})
    shop.catch_up()
    assert row(subscription).withheld == Withheld.REFUNDED


def test_a_refund_of_a_former_period_withholds_nothing(shop: Shop, customer: str, subscription: str) -> None:
    charge = Payment.objects.get().pk
    renew_with(shop, customer, GOOD)
    shop.api.refunds.create({"charge": charge})
    shop.catch_up()
    assert Payment.objects.get(pk=charge).refundable_minor == 0
    assert row(subscription).withheld == Withheld.NOT


def test_the_next_payment_after_a_refund_counts(shop: Shop, customer: str, subscription: str) -> None:
    shop.api.refunds.create({"charge": Payment.objects.get().pk})
    renew_with(shop, customer, GOOD)
    assert row(subscription).withheld == Withheld.NOT


@pytest.mark.parametrize(("outcome", "withheld"), [("won", Withheld.NOT), ("lost", Withheld.DISPUTED)])
def test_a_disputed_payment_is_withheld_until_it_is_won(
    shop: Shop, subscription: str, outcome: str, withheld: str
) -> None:
    dispute = shop.post("disputes", charge=Payment.objects.get().pk)["id"]
    shop.catch_up()
    assert Dispute.objects.get().status == "needs_response"
    assert row(subscription).withheld == Withheld.DISPUTED
    shop.post("disputes/decide", dispute=dispute, outcome=outcome)
    shop.catch_up()
    assert (Dispute.objects.get().status, row(subscription).withheld) == (outcome, withheld)


def test_a_sync_between_an_end_and_the_look_at_it_does_not_lose_the_look(
    shop: Shop, customer: str, subscription: str
) -> None:
    """Stripe tries a card again on the very day on which the grace ends."""
    moment = timezone.now() - timedelta(seconds=1)
    Subscription.objects.filter(pk=subscription).update(look_at=moment)
    sync_customer(customer, everything=True)
    assert row(subscription).look_at == moment
    assert look(subscription)
    assert row(subscription).look_at != moment
