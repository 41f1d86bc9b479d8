"""Events that wait while no job does: the look of every minute asks for one, and only for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from billing.deferred import follow_events_soon, place_event_soon
from billing.gateway.errors import PaymentsUnavailable
from billing.models import Payment, StripeEvent
from billing.services.events import process_again
from billing.services.failures import ATTEMPTS, note_failure
from billing.services.unasked import SLACK, ask_for_unasked
from billing.tasks import ask_for_every_unasked, place_event
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.jobs import run_due_jobs

pytestmark = pytest.mark.django_db
State = StripeEvent.State


def event(id: str, customer: str, seconds_ago: float = 31, state: StripeEvent.State = State.WAITING) -> StripeEvent:
    now = timezone.now()
    return StripeEvent.objects.create(
        stripe_id=id,
        type="customer.updated" if customer else "charge.dispute.created",
        object_id=customer or "dp_1",
        customer_id=customer,
        created_at=now,
        received_at=now - timedelta(seconds=seconds_ago),
        state=state,
    )


def jobs() -> list[str]:
    return sorted(ProcrastinateJob.objects.filter(queue_name="payments").values_list("queueing_lock", flat=True))


def test_an_event_that_came_while_its_customers_job_was_taken_is_followed(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    shop.catch_up()
    subscribe(shop, customer)
    for each in shop.events():
        shop.deliver(each)
    # As a worker leaves it that took the job a moment before the webhook committed.
    ProcrastinateJob.objects.filter(queue_name="payments").delete()
    assert StripeEvent.objects.filter(state=State.WAITING).exists()
    StripeEvent.objects.update(received_at=timezone.now() - SLACK - timedelta(seconds=1))
    ask_for_every_unasked.func.__wrapped__(timestamp=0)
    run_due_jobs("payments")
    assert not StripeEvent.objects.filter(state=State.WAITING).exists()


def test_a_job_of_each_customer_and_of_each_event_of_nobody_yet() -> None:
    event("evt_1", "cus_1")
    event("evt_2", "cus_1")
    event("evt_3", "cus_2")
    event("evt_4", "")
    assert ask_for_unasked() == 3
    assert jobs() == ["follow_events cus_1", "follow_events cus_2", "place_event evt_4"]
    assert ask_for_unasked() == 0


def test_what_came_just_now_or_is_over_is_left_alone() -> None:
    event("evt_1", "cus_1", seconds_ago=25)
    event("evt_2", "cus_2", state=State.DONE)
    event("evt_3", "", state=State.FAILED)
    assert ask_for_unasked() == 0
    assert jobs() == []


def test_what_has_a_job_is_not_asked_for_again() -> None:
    event("evt_1", "cus_1")
    event("evt_2", "")
    follow_events_soon("cus_1")
    place_event_soon("evt_2")
    assert ask_for_unasked() == 0


def test_what_failed_waits_for_its_repetition() -> None:
    event("evt_1", "cus_1")
    note_failure("cus_1", 5, "payments_unavailable")
    assert ask_for_unasked() == 0
    assert jobs() == ["sync again cus_1"]


def place(id: str, attempt: int = 0) -> None:
    place_event.func.__wrapped__(event_id=id, attempt=attempt)


@pytest.fixture
def dispute(shop: Shop, alice: User) -> str:
    """Of an event that names no customer, and Stripe is away when it is asked whose it is."""
    subscribe(shop, payer(shop, alice))
    shop.catch_up()
    shop.post("disputes", charge=Payment.objects.get().pk)
    (told,) = [each for each in shop.events() if each["type"] == "charge.dispute.created"]
    shop.deliver(told)
    shop.post("faults", mode="500", count=1)
    return str(told["id"])


def test_an_outage_leaves_an_event_of_nobody_yet_with_its_reason_and_a_repetition(shop: Shop, dispute: str) -> None:
    ProcrastinateJob.objects.all().delete()
    with pytest.raises(PaymentsUnavailable):
        place(dispute)
    found = StripeEvent.objects.get(pk=dispute)
    assert (found.state, found.attempts, found.reason[:20]) == (State.WAITING, 1, "payments_unavailable")
    assert jobs() == [f"place_event again {dispute}"]
    StripeEvent.objects.update(received_at=timezone.now() - SLACK * 2)
    assert ask_for_unasked() == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE queue_name = 'payments'")
    run_due_jobs("payments")
    assert StripeEvent.objects.get(pk=dispute).state == State.DONE
    assert Payment.objects.get().disputes.count() == 1


def test_whose_search_has_failed_for_a_day_is_shown_as_failed_and_may_be_processed_again(
    shop: Shop, dispute: str
) -> None:
    ProcrastinateJob.objects.all().delete()
    StripeEvent.objects.filter(pk=dispute).update(attempts=ATTEMPTS - 1)
    with pytest.raises(PaymentsUnavailable):
        place(dispute, ATTEMPTS)
    found = StripeEvent.objects.get(pk=dispute)
    assert (found.state, jobs()) == (State.FAILED, [])
    process_again(found)
    run_due_jobs("payments")
    assert StripeEvent.objects.get(pk=dispute).state == State.DONE
