"""Six events of a subscription's life in every order, twice, and with some lost and sent again later: it ends as it is at Stripe.

An event comes when it has happened or later, so what Stripe has is at least what the newest of those that happened tells of. Where two
beginnings have left the very same rows and the same is still to come, the second one ends as the first did, and is not tried again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise, permutations
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction

from accounts.models import Mail, Notification, User
from billing.gateway.client import JOB_S, Stripe
from billing.gateway.fetch import Fetched, fetch_customer
from billing.models import Effect, Invoice, LedgerEntry, Payment, StripeEvent, Subscription
from billing.services import sync
from billing.services.events import accept_event
from tests.billing.lives import payer, price_id, subscribe
from tests.billing.shop import Shop, signed
from tests.jobs import run_due_jobs

pytestmark = pytest.mark.django_db
EVENTS = 6
# Each mail exactly once.
TOLD_ONCE = ["payment_received", "payment_received", "plan_ended", "plan_started"]
TABLES = (Subscription, Invoice, Payment, LedgerEntry, StripeEvent, Effect, Mail, Notification)
OURS = (LedgerEntry, Effect, Mail, Notification)
# When something was written, and what is new with each row.
NOT_COMPARED = ["synced_at", "recorded_at", "received_at", "processed_at"]
NEW_EACH_TIME = ["id", "created_at", "due_at", "content"]
# Their words are of their time: a plan that was changed before it was heard of has begun as what it is by then.
WORDED = ("Mail", "Notification")
# What happens next: an event and whether it is delivered; a lost one has happened all the same.
Step = tuple[int, bool]
Order = tuple[Step, ...]


@dataclass
class Life:
    """Its events, what Stripe has after each of them, and what is there at last."""

    customer: str
    subscription: str
    events: list[dict[str, Any]]
    states: list[Fetched]


@pytest.fixture
def life(shop: Shop, alice: User) -> Life:
    """Begun, paid, upgraded, not paid, paid after all, ended."""
    customer = payer(shop, alice)
    shop.events()
    id = subscribe(shop, customer, payment_behavior="default_incomplete")
    found = Life(customer, id, [], [])

    def note(type: str) -> None:
        found.events.append([event for event in shop.events() if event["type"] == type][-1])
        with Stripe(within_s=JOB_S, in_transaction=True) as api:
            found.states.append(fetch_customer(api, customer, everything=True))

    note("customer.subscription.created")
    shop.api.invoices.pay(str(shop.subscription(id).latest_invoice))
    note("invoice.paid")
    item = shop.subscription(id)["items"].data[0].id
    shop.advance(days=10)
    upgrade: Any = {"items": [{"id": item, "price": price_id("pro")}], "proration_behavior": "always_invoice"}
    shop.api.subscriptions.update(id, upgrade)
    note("customer.subscription.updated")
    shop.card_becomes("4000000000000341", customer)
    shop.advance(days=21.5)
    note("invoice.payment_failed")
    shop.card_becomes("4242424242424242", customer)
    shop.api.invoices.pay(str(shop.subscription(id).latest_invoice))
    note("charge.succeeded")
    shop.api.subscriptions.cancel(id)
    note("customer.subscription.deleted")
    assert len(found.events) == EVENTS
    return found


def orders() -> list[Order]:
    return [tuple((number, True) for number in order) for order in permutations(range(EVENTS))]


def twice(order: Order) -> Order:
    """Each again when the next has come."""
    again = [order[0]]
    for before, after in pairwise(order):
        again += [after, before]
    return (*again, order[-1])


def with_a_loss(order: Order) -> Order:
    """One of the six does not arrive, and comes at the end, as the search for such brings it."""
    lost = (order[0][0] + 3) % EVENTS
    return (*((number, number != lost) for number, _ in order), (lost, True))


def what_is_there() -> dict[str, str]:
    """Everything that a sync has written, table by table."""
    found = {}
    with connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(r, '|' ORDER BY r), '')) FROM "
                f'(SELECT (to_jsonb(t) - %s::text[])::text AS r FROM "{model._meta.db_table}" t) rows',
                [NOT_COMPARED + (NEW_EACH_TIME if model in OURS else [])],
            )
            found[model.__name__] = cursor.fetchone()[0]
    return found


def deliver(life: Life, number: int, newest: int) -> None:
    """An event, and its job, which finds what Stripe has by then."""
    with mock.patch.object(sync, "fetch_customer", return_value=life.states[newest]):
        accept_event(*signed(life.events[number]))
        run_due_jobs("payments")


@dataclass
class Trial:
    """Delivers orders, and compares what is there after each with what is to be there."""

    life: Life
    at_last: dict[str, str]
    known: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def run(self, wanted: list[Order], newest: int = -1) -> int:
        """Returns how many orders were tried; `wanted` is what is still to come of each."""
        if not wanted[0]:
            there = what_is_there()
            assert [name for name in self.at_last if name not in WORDED and there[name] != self.at_last[name]] == []
            assert told() == TOLD_ONCE
            return len(wanted)
        place = (*what_is_there().values(), newest, tuple(wanted))
        if place not in self.known:
            self.known[place] = sum(self._go_on(step, rest, newest) for step, rest in by_first(wanted).items())
        return self.known[place]

    def _go_on(self, step: Step, rest: list[Order], newest: int) -> int:
        number, arrives = step
        newest = max(newest, number)
        with undone():
            if arrives:
                deliver(self.life, number, newest)
            return self.run(rest, newest)


def by_first(wanted: list[Order]) -> dict[Step, list[Order]]:
    found: dict[Step, list[Order]] = {}
    for order in wanted:
        found.setdefault(order[0], []).append(order[1:])
    return found


def told() -> list[str]:
    return [kind for kind in Mail.objects.order_by("kind").values_list("kind", flat=True) if kind in TOLD_ONCE]


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is taken back."""
    point = transaction.savepoint()
    yield
    transaction.savepoint_rollback(point)


@pytest.fixture(autouse=True)
def _without_copy() -> Iterator[None]:
    """dj-stripe's copy is tested elsewhere; here it would take most of the time."""
    with mock.patch.object(sync, "copy"):
        yield


@pytest.fixture
def trial(life: Life, shop: Shop) -> Trial:
    """What is there after all events in their order is compared with the sandbox, and all other orders with that."""
    with undone():
        for number in range(EVENTS):
            deliver(life, number, number)
        row = Subscription.objects.get()
        there = shop.subscription(life.subscription)
        assert (row.status, row.price and row.price.stripe_price_id) == (there.status, price_id("pro"))
        assert int(row.current_period_end.timestamp()) == there["items"].data[0].current_period_end
        invoices = {one.id: (one.status, one.total) for one in shop.api.invoices.list({"limit": 100}).data}
        assert {one.pk: (one.status, one.total_minor) for one in Invoice.objects.all()} == invoices
        charges = {one.id: (one.status, one.amount) for one in shop.api.charges.list({"limit": 100}).data}
        assert {one.pk: (one.status, one.amount_minor) for one in Payment.objects.all()} == charges
        moved = sum(one.net for one in shop.api.balance_transactions.list({"limit": 100}).data)
        assert sum(LedgerEntry.objects.values_list("amount_minor", flat=True)) == moved
        assert told() == TOLD_ONCE
        return Trial(life, what_is_there())


def test_every_order_ends_as_it_is_at_stripe(trial: Trial) -> None:
    assert trial.run(sorted(orders())) == 720


def test_every_order_with_each_event_twice_ends_as_it_is_at_stripe(trial: Trial) -> None:
    assert trial.run(sorted(twice(order) for order in orders())) == 720


def test_every_order_of_which_one_is_lost_and_sent_again_ends_as_it_is_at_stripe(trial: Trial) -> None:
    assert trial.run(sorted(with_a_loss(order) for order in orders())) == 720


def test_whoever_trusts_what_events_say_ends_elsewhere(life: Life, shop: Shop) -> None:
    """The negative control: the bodies tell of the past, and their order is not theirs to choose."""
    there = shop.subscription(life.subscription).status
    wrong = 0
    for order in orders():
        said = [life.events[number]["data"]["object"] for number, _ in order]
        statuses = [about["status"] for about in said if about["object"] == "subscription"]
        wrong += statuses[-1] != there
    assert wrong == 480
