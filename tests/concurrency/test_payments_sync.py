"""Syncs and deliveries at the same moment. It is first shown that fetching before the lock, or looking before writing, loses the race."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Mail, Notification, User
from accounts.services.notifications import Kind, notify
from billing.gateway.client import JOB_S, Stripe
from billing.gateway.fetch import fetch_customer
from billing.locks import lock_stripe_customer
from billing.models import Effect, Invoice, LedgerEntry, Payment, StripeEvent, Subscription
from billing.services import sync
from billing.services.effects import once
from billing.services.sync import sync_customer
from billing.tasks import follow_events
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop, open_shop, receiver
from tests.concurrency.crowd import crowd
from tests.concurrency.waiting import until
from tests.factories.accounts import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
AT_ONCE = 32
ROUNDS = 20
SLOW_S = 2.0


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> Iterator[Shop]:
    with receiver() as hooks, open_shop(settings, hooks) as shop:
        yield shop


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user("alice@example.com", full_name="Alice")


def follow(customer: str) -> None:
    follow_events.func.__wrapped__(customer_id=customer)


def fetch_then_lock(customer_id: str) -> None:
    """What a sync would be if it fetched before it took the lock."""
    with Stripe(within_s=JOB_S) as api:
        found = fetch_customer(api, customer_id)
    with transaction.atomic():
        customer = lock_stripe_customer(customer_id)
        assert customer
        sync._write(customer, found)


def start(act: Callable[[str], None], customer: str, failed: list[BaseException]) -> threading.Thread:
    def run() -> None:
        try:
            act(customer)
        except BaseException as error:  # noqa: BLE001  (the test looks at it)
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def two_at_once(shop: Shop, customer: str, id: str, act: Callable[[str], None]) -> None:
    """An event is followed; while its fetch, which has read the subscription, is delayed, the next one is."""
    failed: list[BaseException] = []
    shop.api.subscriptions.update(id, {"cancel_at_period_end": True})
    shop.deliver(shop.events()[-1])
    shop.post("faults", mode="slow", count=1, path="/v1/charges", seconds=SLOW_S)
    older = start(act, customer, failed)
    until(lambda: not shop.server.sandbox.faults._coming)
    shop.api.subscriptions.update(id, {"cancel_at_period_end": False})
    shop.deliver(shop.events()[-1])
    newer = start(act, customer, failed)
    for thread in (older, newer):
        thread.join(30)
        assert not thread.is_alive()
    assert failed == []


def is_as_at_stripe(shop: Shop, id: str) -> bool:
    return Subscription.objects.get(pk=id).cancel_at_period_end is shop.subscription(id).cancel_at_period_end


def test_fetching_before_the_lock_lets_the_older_state_win(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    id = subscribe(shop, customer)
    shop.catch_up()
    two_at_once(shop, customer, id, fetch_then_lock)
    assert not is_as_at_stripe(shop, id), "the negative control never lost the race, so the test below proves nothing"


def test_of_two_events_at_once_the_newer_state_wins(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    id = subscribe(shop, customer)
    shop.catch_up()
    two_at_once(shop, customer, id, follow)
    assert is_as_at_stripe(shop, id)
    assert not StripeEvent.objects.filter(state=StripeEvent.State.WAITING).exclude(customer_id="").exists()


def look_then_write(key: str) -> bool:
    """What `once` would be if it looked for the key and then wrote it."""
    if Effect.objects.filter(pk=key).exists():
        return False
    Effect.objects.bulk_create([Effect(key=key)], ignore_conflicts=True)
    return True


def tell_at_once(alice: User, key: str, is_first: Callable[[str], bool]) -> int:
    """So many notices came of a crowd that tells the same."""

    def act(number: int) -> None:
        with transaction.atomic():
            if is_first(key):
                notify(alice, Kind.BILLING, key)

    assert crowd(8, act) == {"ok": 8}
    return Notification.objects.filter(title=key).count()


def test_looking_for_a_key_before_writing_it_tells_twice(alice: User) -> None:
    for number in range(ROUNDS):
        if tell_at_once(alice, f"key-{number}", look_then_write) > 1:
            return
    pytest.fail("the negative control never lost the race, so the tests below prove nothing")


def test_a_key_is_new_to_one_of_a_crowd(alice: User) -> None:
    for number in range(ROUNDS):
        assert tell_at_once(alice, f"key-{number}", once) == 1


def deliver_at_once(shop: Shop, customer: str) -> Counter[str]:
    """Every event of the payment, by everybody at the same moment, and each does what a worker would."""
    events = shop.events()

    def act(number: int) -> None:
        assert {shop.deliver(event) for event in events} == {200}
        follow(customer)

    return crowd(AT_ONCE, act)


def test_a_payment_that_is_delivered_32_times_at_once_is_one(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    id = subscribe(shop, customer)
    assert deliver_at_once(shop, customer) == {"ok": AT_ONCE}
    assert list(Subscription.objects.values_list("pk", flat=True)) == [id]
    assert (Invoice.objects.count(), Payment.objects.count()) == (1, 1)
    assert sorted(LedgerEntry.objects.values_list("kind", flat=True)) == ["charge", "fee"]
    assert [mail.kind for mail in Mail.objects.all()] == ["plan_started"]
    assert Notification.objects.count() == 1
    assert Effect.objects.filter(key__startswith="paid:").count() == 1
    assert not StripeEvent.objects.filter(customer_id=customer).exclude(state=StripeEvent.State.DONE).exists()


def test_32_whole_syncs_at_once_are_one(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    assert crowd(AT_ONCE, lambda number: sync_customer(customer, everything=True)) == {"ok": AT_ONCE}
    assert sorted(LedgerEntry.objects.values_list("kind", flat=True)) == ["charge", "fee"]
    assert Mail.objects.count() == 1
