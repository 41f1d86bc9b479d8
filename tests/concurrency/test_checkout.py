"""Many checkouts of one person at once: one customer, one page, one subscription, one charge."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.db import transaction

from billing.gateway import deadline
from billing.locks import lock_stripe_customer
from billing.models import CheckoutSession, StripeCustomer, StripeOrder
from billing.services import checkout
from billing.services.changes import confirm_change, preview_change
from billing.services.checkout import open_checkout
from billing.services.checkout_parameters import page_parameters
from billing.services.held import Held
from billing.services.portal import open_portal
from billing.services.subscriptions import unpause
from tests.billing.buying import buy, charged, pay, plan_at_stripe, store
from tests.billing.shop import Shop, open_shop, receiver
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
CROWD = 32
ROUNDS = 20
# What may be answered to some of a crowd: all of them say that nothing of theirs was done, or what was done instead.
ANSWERS = {"ok", "payments_unavailable", "checkout_replaced", "already_paid", "already_subscribed"}


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> Iterator[Shop]:
    with receiver() as hooks, open_shop(settings, hooks) as shop:
        yield shop


def open_pages(shop: Shop) -> list[Any]:
    return [one for one in shop.api.checkout.sessions.list({"limit": 100}).data if one.status == "open"]


def test_32_checkouts_of_one_person_are_one_customer_and_one_page(shop: Shop) -> None:
    alice = make_user("alice@example.com")
    outcomes = crowd(CROWD, lambda _: open_checkout(user=alice, plan="basic", interval="month"))
    assert set(outcomes) <= ANSWERS, outcomes
    assert outcomes["ok"] == CROWD, outcomes
    customers = shop.api.customers.list({"limit": 100}).data
    assert [one.id for one in customers] == [StripeCustomer.objects.get().stripe_id]
    assert [one.id for one in open_pages(shop)] == [CheckoutSession.objects.get().stripe_id]
    assert not StripeOrder.objects.filter(state="open").exists()


def test_in_twenty_rounds_at_most_one_is_paid_whatever_is_bought(shop: Shop) -> None:
    """Of different plans: each page that somebody got is paid as fast as it can be."""
    wanted = [("basic", "month"), ("pro", "month"), ("basic", "year"), ("pro", "year")]
    for number in range(ROUNDS):
        user = make_user(f"p{number}@example.com")

        def act(place: int, user: Any = user) -> None:
            plan, interval = wanted[place % len(wanted)]
            pay(shop, open_checkout(user=user, plan=plan, interval=interval))

        outcomes = crowd(8, act)
        assert set(outcomes) <= ANSWERS, outcomes
        customer = StripeCustomer.objects.get(user=user).stripe_id
        assert len(shop.api.subscriptions.list({"customer": customer, "status": "all"}).data) <= 1
        assert len(shop.api.charges.list({"customer": customer}).data) <= 1
        assert len([one for one in open_pages(shop) if one.customer == customer]) <= 1
    assert len(shop.api.customers.list({"limit": 100}).data) == ROUNDS


def test_without_the_persons_one_open_row_several_are_paid(shop: Shop) -> None:
    """The negative control: every request makes a row and a page of its own, as if nobody asked for the others."""
    alice = make_user("alice@example.com")

    def naive(user: Any, price: Any, customer: str, promotion: str) -> CheckoutSession:
        row = CheckoutSession(user=user, price=price, state="expired")
        row.parameters = page_parameters(row, customer=customer, promotion="", with_trial=False)
        row.save()
        row.state = CheckoutSession.State.ASKED
        return row

    def ask(api: Any, row: CheckoutSession) -> None:
        session = api.call(lambda v1: v1.checkout.sessions.create(row.parameters))
        row.stripe_id, row.state = session["id"], CheckoutSession.State.OPEN

    with mock.patch.object(checkout, "_claim", naive), mock.patch.object(checkout, "_ask", ask):
        crowd(4, lambda _: pay(shop, open_checkout(user=alice, plan="basic", interval="month")))
    assert len(shop.api.subscriptions.list().data) > 1
    assert len(charged(shop)) > 1


def test_without_keys_a_crowd_makes_several_customers(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the key."""
    alice = make_user("alice@example.com")
    monkeypatch.setattr("billing.services.order_requests.keyed", lambda key: {})
    crowd(8, lambda _: open_checkout(user=alice, plan="basic", interval="month"))
    assert len(shop.api.customers.list().data) > 1


def test_one_of_many_confirmations_is_charged(shop: Shop) -> None:
    alice = make_user("alice@example.com")
    row = buy(shop, alice)
    shown = preview_change(user=alice, plan="pro", interval="month")
    outcomes = crowd(
        16, lambda _: confirm_change(user=alice, plan="pro", interval="month", proration_date=shown.proration_date)
    )
    assert set(outcomes) <= {"ok", "payments_unavailable"}, outcomes
    assert plan_at_stripe(shop, row) == "pro/month"
    assert charged(shop) == [499, shown.amount_due_minor]
    assert StripeOrder.objects.filter(purpose="change").exclude(state="refused").count() == 1


def test_confirmations_of_two_plans_at_once_are_one_change(shop: Shop) -> None:
    for number in range(5):
        user = make_user(f"p{number}@example.com")
        row = buy(shop, user)
        before = len(charged(shop))
        wishes = [("pro", "month"), ("basic", "year")]
        shown = [preview_change(user=user, plan=plan, interval=interval) for plan, interval in wishes]

        def act(place: int, user: Any = user, wishes: Any = wishes, shown: Any = shown) -> None:
            plan, interval = wishes[place % 2]
            confirm_change(user=user, plan=plan, interval=interval, proration_date=shown[place % 2].proration_date)

        outcomes = crowd(6, act)
        assert outcomes["ok"] >= 1, outcomes
        assert plan_at_stripe(shop, row) in ("pro/month", "basic/year")
        # Who comes second finds what the first did: to go from a year of Basic to a month of Pro is to be looked at anew.
        assert len(charged(shop)) == before + 1, outcomes


def test_a_pause_that_many_end_at_once_begins_one_period(shop: Shop) -> None:
    alice = make_user("alice@example.com")
    row = buy(shop, alice)
    shop.api.subscriptions.update(row.stripe_id, {"pause_collection": {"behavior": "void"}})
    shop.advance(days=40)
    store(shop, alice, paid_until=row.current_period_start)
    outcomes = crowd(8, lambda _: unpause(alice))
    assert set(outcomes) <= {"ok", "payments_unavailable"}, outcomes
    assert charged(shop) == [499, 499]


def test_without_a_second_look_the_pause_is_paid_for_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: who looked before the first was done makes an order of their own."""
    alice = make_user("alice@example.com")
    row = buy(shop, alice)
    shop.api.subscriptions.update(row.stripe_id, {"pause_collection": {"behavior": "void"}})
    store(shop, alice, paid_until=row.current_period_start)
    both_looked, first_is_done, place = threading.Barrier(2), threading.Event(), Held.place

    def place_by_turns(held: Held, **which: Any) -> StripeOrder:
        if both_looked.wait(20):
            assert first_is_done.wait(20)
        return place(held, **which)

    def act(_: int) -> None:
        unpause(alice)
        first_is_done.set()

    monkeypatch.setattr(Held, "place", place_by_turns)
    monkeypatch.setattr("billing.services.held.count_done", lambda user: 0)
    assert crowd(2, act) == {"ok": 2}
    assert charged(shop) == [499, 499, 499]


def test_who_waits_for_the_same_request_gets_its_answer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the negative control: who does not wait is told to come again."""
    alice = make_user("alice@example.com")
    shop.post("faults", mode="slow", count=1, seconds=0.5, path="/v1/customers")
    assert crowd(4, lambda _: open_checkout(user=alice, plan="basic", interval="month"))["ok"] == 4
    monkeypatch.setattr(deadline.UntilDeadline, "wait", lambda self, seconds: False)
    bob = make_user("bob@example.com")
    shop.post("faults", mode="slow", count=1, seconds=0.5, path="/v1/customers")
    assert crowd(4, lambda _: open_checkout(user=bob, plan="basic", interval="month"))["payments_unavailable"] >= 1


def test_nobody_waits_with_a_connection_for_a_sync_that_waits_for_stripe(shop: Shop) -> None:
    """The customer was deleted at Stripe, which a sync that holds the customer is about to find out too."""
    alice = make_user("alice@example.com")
    open_checkout(user=alice, plan="basic", interval="month")
    customer = StripeCustomer.objects.get(user=alice)
    shop.api.customers.delete(customer.pk)
    with transaction.atomic():
        assert lock_stripe_customer(customer.pk)
        began = time.monotonic()
        # The crowd is threads with connections of their own; this one goes on holding the lock.
        assert crowd(1, lambda _: open_portal(user=alice)) == {"payments_unavailable": 1}
        assert time.monotonic() - began < 6
    assert crowd(1, lambda _: open_portal(user=alice)) == {"nothing_bought": 1}
    assert StripeCustomer.objects.get(pk=customer.pk).deleted_at
