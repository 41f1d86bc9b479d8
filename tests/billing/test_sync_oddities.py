"""What is at Stripe and should not be: somebody else's customers, foreign prices, two subscriptions, nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from billing.gateway import fetch
from billing.models import (
    CheckoutSession,
    Discrepancy,
    LedgerEntry,
    Payment,
    PlanPrice,
    StripeCustomer,
    StripeEvent,
    StripeOrder,
    Subscription,
)
from billing.services.checkout import open_checkout
from billing.services.checkout_parameters import CHECKOUT
from billing.services.surplus import settle_surplus
from billing.services.sync import sync_customer
from tests.billing.lives import payer, price_id, subscribe
from tests.billing.shop import Shop
from tests.factories.payments import make_invoice, make_payment, make_subscription
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db
Status, Kind, State = Subscription.Status, Discrepancy.Kind, StripeEvent.State


def found(kind: Discrepancy.Kind) -> Discrepancy | None:
    """The one that waits for staff."""
    return Discrepancy.objects.filter(kind=kind, healed_at=None, closed_at=None).first()


def pay(shop: Shop, page: CheckoutSession) -> None:
    assert shop.open(f"/pay/{page.stripe_id}", number="4242424242424242", expiry="12/34", cvc="123").status == 303


def test_a_customer_deleted_at_stripe_has_nothing_any_more(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    id = subscribe(shop, customer)
    shop.catch_up()
    shop.api.customers.delete(customer)
    shop.catch_up()
    alice.refresh_from_db()
    assert alice.stripe_customer_id is None
    assert StripeCustomer.objects.get().deleted_at is not None
    assert Subscription.objects.get(pk=id).status == Status.CANCELED
    shown = Discrepancy.objects.get(kind=Kind.CUSTOMER_DELETED)
    assert (shown.object_id, shown.user) == (customer, alice)
    assert shown.healed_at is not None
    sync_customer(customer, everything=True)
    assert Discrepancy.objects.filter(kind=Kind.CUSTOMER_DELETED).count() == 1


def test_a_deleted_customer_whose_subscriptions_stripe_no_longer_lists(
    shop: Shop, alice: User, monkeypatch: Any
) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    shop.catch_up()
    sandbox = shop.server.sandbox
    sandbox.store._objects["subscription"].clear()
    shop.api.customers.delete(customer)
    shop.catch_up()
    ended = Subscription.objects.get()
    assert ended.status == Status.CANCELED
    assert ended.ended_at is not None


def test_after_a_customer_was_deleted_another_can_buy(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    shop.catch_up()
    shop.api.customers.delete(customer)
    shop.catch_up()
    pay(shop, open_checkout(user=alice, plan="pro", interval="month"))
    shop.catch_up()
    live = Subscription.objects.get(status=Status.ACTIVE)
    assert live.customer_id != customer
    assert not live.is_surplus


def test_a_price_that_is_not_ours_gives_nothing_and_is_shown(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    foreign = shop.price(1234, name="Made by hand")
    shop.subscribe(foreign, shop.api.customers.retrieve(customer))
    shop.catch_up()
    assert Subscription.objects.get().price is None
    shown = found(Kind.UNKNOWN_PRICE)
    assert shown
    assert shown.details == {"price": foreign.id}
    basic = PlanPrice.objects.get(stripe_price_id=price_id())
    PlanPrice.objects.create(
        plan=basic.plan,
        interval="month",
        currency="USD",
        amount_minor=1234,
        is_current=False,
        stripe_price_id=foreign.id,
    )
    sync_customer(customer)
    assert Subscription.objects.get().price is not None
    assert found(Kind.UNKNOWN_PRICE) is None


def test_a_stranger_who_pays_is_shown(shop: Shop, alice: User) -> None:
    stranger = shop.payer().id
    id = subscribe(shop, stranger)
    shop.catch_up()
    shown = found(Kind.UNKNOWN_CUSTOMER)
    assert shown
    assert (shown.object_id, shown.details) == (stranger, {"subscriptions": [id]})
    events = StripeEvent.objects.filter(customer_id=stranger)
    assert {(event.state, event.reason) for event in events} == {(State.IGNORED, "not a customer of ours")}
    assert not Subscription.objects.exists()


def test_a_stranger_who_does_not_pay_is_of_no_concern(shop: Shop, db: None) -> None:
    stranger = shop.payer().id
    shop.catch_up()
    assert StripeEvent.objects.filter(customer_id=stranger, state=State.IGNORED).exists()
    assert not Discrepancy.objects.exists()


def test_events_about_nobody_are_ignored(shop: Shop, db: None) -> None:
    shop.price(100)
    types = shop.catch_up()
    assert "price.created" in types
    assert {(event.state, event.reason) for event in StripeEvent.objects.all()} == {
        (State.IGNORED, "about no customer")
    }


def test_a_second_purchase_of_our_own_checkout_is_ended_and_paid_back(shop: Shop, alice: User) -> None:
    page = open_checkout(user=alice, plan="basic", interval="month")
    customer = StripeCustomer.objects.get().pk
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer})
    first = subscribe(shop, customer, default_payment_method=method.id)
    shop.advance(seconds=60)
    pay(shop, page)
    shop.catch_up()
    shop.catch_up()
    kept = Subscription.objects.get(pk=first)
    second = Subscription.objects.exclude(pk=first).get()
    assert (kept.status, kept.is_surplus) == (Status.ACTIVE, False)
    assert (second.status, second.is_surplus) == (Status.CANCELED, True)
    back = Payment.objects.get(invoice__subscription=second)
    assert back.refunded_minor == back.amount_minor
    assert Payment.objects.get(invoice__subscription=first).refunded_minor == 0
    orders = StripeOrder.objects.exclude(purpose=StripeOrder.Purpose.CUSTOMER)
    assert sorted(orders.values_list("purpose", "state", "is_durable")) == [
        ("end", "done", True),
        ("refund", "done", True),
    ]
    assert sorted(mail.row.kind for mail in waiting_mails()) == ["paid_twice", "plan_started"]
    assert found(Kind.SURPLUS) is None


def test_a_second_one_made_by_hand_is_shown_and_takes_over(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    first = subscribe(shop, customer)
    shop.advance(seconds=60)
    second = subscribe(shop, customer, "pro")
    shop.catch_up()
    assert Subscription.objects.get(pk=second).is_surplus
    shown = found(Kind.SURPLUS)
    assert shown
    assert shown.object_id == second
    assert not StripeOrder.objects.exists()
    shop.api.subscriptions.cancel(first)
    shop.catch_up()
    assert not Subscription.objects.get(pk=second).is_surplus
    assert found(Kind.SURPLUS) is None


def test_one_made_by_hand_that_claims_to_be_older_takes_nothing_away(shop: Shop, alice: User) -> None:
    pay(shop, open_checkout(user=alice, plan="basic", interval="month"))
    shop.catch_up()
    ours = Subscription.objects.get()
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": ours.customer_id})
    by_hand = subscribe(shop, ours.customer_id, "pro", default_payment_method=method.id)
    shop.server.sandbox.store.need("subscription", by_hand)["start_date"] -= 90 * 86400
    for _ in range(2):
        shop.catch_up()
    ours.refresh_from_db()
    assert (ours.status, ours.is_surplus) == (Status.ACTIVE, False)
    assert Payment.objects.get(invoice__subscription=ours).refunded_minor == 0
    shown = found(Kind.SURPLUS)
    assert shown
    assert shown.object_id == by_hand


def test_what_was_paid_before_there_was_another_is_for_staff_to_judge(alice: User) -> None:
    now = timezone.now()
    kept = make_subscription(alice, started_at=now - timedelta(days=10))
    surplus = make_subscription(alice, is_surplus=True)
    early, late = (make_payment(alice, make_invoice(alice, surplus), at=now - timedelta(days=ago)) for ago in (40, 5))
    began = {kept: 10, surplus: 40}
    theirs: list[dict[str, Any]] = [
        {
            "id": row.pk,
            "status": "active",
            "metadata": {CHECKOUT: "1"},
            "created": int((now - timedelta(days=ago)).timestamp()),
            "ended_at": None,
        }
        for row, ago in began.items()
    ]
    for _ in range(2):
        settle_surplus(surplus, theirs[1], theirs)
    orders = StripeOrder.objects.order_by("created_at").values_list("purpose", "subject")
    assert list(orders) == [("end", surplus.pk), ("refund", late.pk)]
    shown = found(Kind.SURPLUS)
    assert shown
    assert shown.details == {"payment": early.pk}


def test_an_unpaid_attempt_beside_a_live_one_is_not_too_much(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    first = subscribe(shop, customer)
    second = subscribe(shop, customer, "pro", payment_behavior="default_incomplete")
    shop.catch_up()
    states = dict(Subscription.objects.values_list("pk", "status"))
    assert states == {first: "active", second: "incomplete"}
    assert not Subscription.objects.filter(is_surplus=True).exists()


def test_a_page_that_was_paid_or_left_is_over(shop: Shop, alice: User) -> None:
    page = open_checkout(user=alice, plan="basic", interval="month")
    pay(shop, page)
    shop.catch_up()
    page.refresh_from_db()
    assert (page.state, page.url) == (CheckoutSession.State.COMPLETE, "")
    assert page.ended_at is not None


def test_a_page_whose_answer_never_came_is_found_by_what_it_carries(shop: Shop, alice: User) -> None:
    page = open_checkout(user=alice, plan="basic", interval="month")
    pay(shop, page)
    CheckoutSession.objects.update(state=CheckoutSession.State.ASKED, stripe_id=None, url="")
    shop.catch_up()
    page.refresh_from_db()
    assert page.state == CheckoutSession.State.COMPLETE
    assert page.stripe_id


def test_a_refund_of_a_payment_from_long_ago(shop: Shop, alice: User, monkeypatch: Any) -> None:
    customer = payer(shop, alice)
    id = subscribe(shop, customer)
    for _ in range(3):
        shop.advance(days=31)
    shop.catch_up()
    oldest = Payment.objects.order_by("created_at").first()
    assert oldest
    before = oldest.invoice_id
    monkeypatch.setattr(fetch, "NEWEST", 1)
    shop.api.refunds.create({"charge": oldest.pk})
    shop.catch_up()
    oldest.refresh_from_db()
    assert (oldest.refundable_minor, oldest.invoice_id) == (0, before)
    assert Subscription.objects.get(pk=id).withheld == ""


def test_more_refunds_of_a_charge_than_stripe_tells_with_it(shop: Shop, alice: User) -> None:
    subscribe(shop, payer(shop, alice))
    shop.catch_up()
    charge = Payment.objects.get()
    for _ in range(12):
        shop.api.refunds.create({"charge": charge.pk, "amount": 10})
    shop.catch_up()
    charge.refresh_from_db()
    assert charge.refunded_minor == 120
    assert LedgerEntry.objects.filter(kind="refund").count() == 12


def test_everything_brings_what_is_older_than_the_newest(shop: Shop, alice: User, monkeypatch: Any) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    for _ in range(3):
        shop.advance(days=31)
    shop.events()
    monkeypatch.setattr(fetch, "NEWEST", 1)
    sync_customer(customer)
    assert Payment.objects.count() == 1
    sync_customer(customer, everything=True)
    assert Payment.objects.count() == len(shop.api.charges.list({"limit": 100}).data) > 3
    assert not Payment.objects.filter(invoice=None).exists()
    assert StripeCustomer.objects.get().compared_at is not None
