"""A sync that fails: written down, tried again, given up, and done again when staff ask for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from billing.gateway.errors import PaymentsUnavailable
from billing.models import Payment, StripeEvent, Subscription
from billing.services import failures, sync
from billing.services.events import process_again
from billing.tasks import follow_events, place_event
from billing.tasks import sync as sync_job
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.jobs import run_due_jobs

pytestmark = pytest.mark.django_db
State = StripeEvent.State


@pytest.fixture
def customer(shop: Shop, alice: User) -> str:
    """Of whom an event waits, and Stripe is away when it is followed."""
    id = payer(shop, alice)
    subscribe(shop, id)
    for event in shop.events():
        shop.deliver(event)
    return id


def follow(customer: str) -> None:
    follow_events.func.__wrapped__(customer_id=customer)


def again(customer: str, attempt: int) -> None:
    sync_job.func.__wrapped__(customer_id=customer, attempt=attempt)


def retry() -> ProcrastinateJob:
    return ProcrastinateJob.objects.get(task_name="billing.tasks.sync")


def fail(shop: Shop) -> None:
    shop.post("faults", mode="500", count=2)


def test_what_failed_says_why_and_waits_to_be_tried_again(shop: Shop, customer: str) -> None:
    fail(shop)
    with pytest.raises(PaymentsUnavailable):
        follow(customer)
    events = StripeEvent.objects.filter(customer_id=customer)
    assert {(event.state, event.attempts) for event in events} == {(State.WAITING, 1)}
    assert events[0].reason.startswith("payments_unavailable: ")
    assert not Subscription.objects.exists()
    job = retry()
    assert (job.args["customer_id"], job.args["attempt"], job.queueing_lock) == (customer, 1, f"sync again {customer}")
    assert timedelta(seconds=2) < job.scheduled_at - timezone.now() <= timedelta(seconds=4)


def test_the_repetition_succeeds_and_events_are_done(shop: Shop, customer: str) -> None:
    fail(shop)
    with pytest.raises(PaymentsUnavailable):
        follow(customer)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE queue_name = 'payments'")
    run_due_jobs("payments")
    assert Subscription.objects.get().status == "active"
    event = StripeEvent.objects.filter(customer_id=customer).first()
    assert event
    assert (event.state, event.attempts, event.reason) == (State.DONE, 1, "")


def test_what_waits_for_its_repetition_holds_up_nothing_new(shop: Shop, customer: str) -> None:
    fail(shop)
    with pytest.raises(PaymentsUnavailable):
        follow(customer)
    shop.api.customers.update(customer, {"name": "Alice"})
    shop.catch_up()
    assert Subscription.objects.get().status == "active"
    assert not StripeEvent.objects.filter(customer_id=customer, state=State.WAITING).exists()


def test_a_burst_of_failures_is_one_repetition(shop: Shop, customer: str) -> None:
    for _ in range(3):
        fail(shop)
        with pytest.raises(PaymentsUnavailable):
            follow(customer)
    assert retry().args["attempt"] == 1


def test_a_mistake_of_our_own_is_written_down_by_its_kind_alone(shop: Shop, customer: str) -> None:
    with (
        mock.patch.object(sync, "fetch_customer", side_effect=ValueError("alice@example.com")),
        pytest.raises(ValueError, match="alice"),
    ):
        follow(customer)
    assert set(StripeEvent.objects.filter(customer_id=customer).values_list("reason", flat=True)) == {"ValueError"}


def test_after_the_last_attempt_it_has_failed(shop: Shop, customer: str) -> None:
    StripeEvent.objects.filter(customer_id=customer).update(attempts=failures.ATTEMPTS - 1)
    fail(shop)
    with pytest.raises(PaymentsUnavailable):
        again(customer, failures.ATTEMPTS)
    events = StripeEvent.objects.filter(customer_id=customer)
    assert {event.state for event in events} == {State.FAILED}
    assert events[0].processed_at is not None
    assert not ProcrastinateJob.objects.filter(task_name="billing.tasks.sync").exists()


def test_what_came_late_has_attempts_of_its_own(shop: Shop, customer: str) -> None:
    fail(shop)
    with pytest.raises(PaymentsUnavailable):
        again(customer, failures.ATTEMPTS)
    assert {event.state for event in StripeEvent.objects.filter(customer_id=customer)} == {State.WAITING}
    assert retry().args["attempt"] == 1


def test_the_waits_grow_to_an_hour(shop: Shop, customer: str) -> None:
    waits = []
    for attempt in (0, 5, 20):
        ProcrastinateJob.objects.all().delete()
        fail(shop)
        with pytest.raises(PaymentsUnavailable):
            again(customer, attempt)
        waits.append(round((retry().scheduled_at - timezone.now()).total_seconds()))
    assert waits == [4, 128, 3600]


def test_staff_let_it_be_processed_again(shop: Shop, customer: str) -> None:
    events = StripeEvent.objects.filter(customer_id=customer)
    events.update(state=State.FAILED, attempts=9, reason="ValueError", processed_at=timezone.now())
    event = events[0]
    process_again(event)
    event.refresh_from_db()
    assert (event.state, event.attempts, event.reason, event.processed_at) == (State.WAITING, 0, "", None)
    run_due_jobs("payments")
    event.refresh_from_db()
    assert event.state == State.DONE
    assert Subscription.objects.get().status == "active"


def test_an_event_whose_owner_cannot_be_found_out_fails_after_its_attempts(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    subscribe(shop, customer)
    shop.catch_up()
    shop.api.refunds.create({"charge": Payment.objects.get().pk})
    event = next(event for event in shop.events() if event["type"] == "refund.created")
    shop.deliver(event)
    kept = StripeEvent.objects.get(pk=event["id"])
    assert kept.customer_id == ""
    StripeEvent.objects.filter(pk=kept.pk).update(attempts=failures.ATTEMPTS - 2)
    for attempt in (failures.ATTEMPTS - 1, failures.ATTEMPTS):
        assert kept.state == State.WAITING
        shop.post("faults", mode="500", count=1)
        with pytest.raises(PaymentsUnavailable):
            place_event.func.__wrapped__(event_id=kept.pk, attempt=attempt)
        kept.refresh_from_db()
        assert kept.attempts == attempt
    assert (kept.state, kept.reason.partition(":")[0]) == (State.FAILED, "payments_unavailable")
    process_again(kept)
    run_due_jobs("payments")
    kept.refresh_from_db()
    assert (kept.state, kept.customer_id) == (State.DONE, customer)
    assert Payment.objects.get().refundable_minor == 0


def test_nothing_is_fetched_for_events_that_wait_no_more(shop: Shop, customer: str) -> None:
    run_due_jobs("payments")
    with mock.patch.object(sync, "fetch_customer") as fetch:
        follow(customer)
    fetch.assert_not_called()


def test_a_sync_that_fails_half_way_writes_nothing(shop: Shop, customer: str) -> None:
    def break_off(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with (
        mock.patch.object(sync, "settle_events", break_off),
        pytest.raises(RuntimeError),
    ):
        follow(customer)
    assert not Subscription.objects.exists()
    run_due_jobs("payments")
    follow(customer)
    assert Subscription.objects.get().status == "active"
