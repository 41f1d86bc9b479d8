"""What is asked of Stripe survives a kill at every point: the same request again is one customer, one page, one charge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from billing.deferred import finish_orders_soon
from billing.gateway.errors import PaymentsUnavailable
from billing.models import CheckoutSession, StripeCustomer, StripeOrder, Subscription
from billing.services import orders
from billing.services.changes import confirm_change, preview_change
from billing.services.checkout import open_checkout
from billing.services.orders import KEYS_LIVE, finish_open_orders, place_order
from billing.services.subscriptions import cancel, pause, resume, unpause
from billing.tasks import finish_every_order
from tests.billing.buying import buy, pay, plan_at_stripe, store
from tests.billing.killed import Killed, at_every_point, kill_at
from tests.billing.shop import Shop
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db
Purpose = StripeOrder.Purpose


class People:
    """A person of their own for each point, made when first asked for."""

    def __init__(self, shop: Shop, *bought: str) -> None:
        self.shop, self.bought = shop, bought
        self.users: dict[int, User] = {}
        self.rows: dict[int, Subscription] = {}

    def __getitem__(self, number: int) -> User:
        if number not in self.users:
            self.users[number] = make_user(f"p{number}@example.com")
            if self.bought:
                self.rows[number] = buy(self.shop, self.users[number], *self.bought)
        return self.users[number]


def charges_of(shop: Shop, row: Subscription) -> list[int]:
    return [one.amount for one in reversed(shop.api.charges.list({"customer": row.customer_id}).data)]


def test_a_checkout_is_one_customer_and_one_page_wherever_it_was_killed(shop: Shop) -> None:
    people = People(shop)

    def act(number: int) -> CheckoutSession:
        return open_checkout(user=people[number], plan="basic", interval="month")

    def again(number: int) -> None:
        page = act(number)
        assert act(number).stripe_id == page.stripe_id
        assert pay(shop, page) == 303
        customer = StripeCustomer.objects.get(user=people[number]).stripe_id
        assert len(shop.api.checkout.sessions.list({"customer": customer}).data) == 1
        assert len(shop.api.charges.list({"customer": customer}).data) == 1

    points = at_every_point(act, again)
    assert points == 6
    # One for whom nobody was killed is there too.
    assert len(shop.api.customers.list({"limit": 100}).data) == points + 1
    assert not StripeOrder.objects.filter(state="open").exists()


def test_without_keys_a_killed_checkout_makes_a_second_customer_and_page(
    shop: Shop, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    for module in ("order_requests", "checkout"):
        monkeypatch.setattr(f"billing.services.{module}.keyed", lambda key: {})
    people = People(shop)

    def act(number: int) -> CheckoutSession:
        return open_checkout(user=people[number], plan="basic", interval="month")

    points = at_every_point(act, act)
    assert len(shop.api.customers.list({"limit": 100}).data) == points + 1 + 1
    assert len(shop.api.checkout.sessions.list({"limit": 100}).data) == points + 1 + 1


def test_an_upgrade_is_charged_once_wherever_it_was_killed(shop: Shop) -> None:
    people = People(shop, "basic")
    shown = [preview_change(user=people[number], plan="pro", interval="month") for number in range(5)]

    def act(number: int) -> Any:
        date = shown[number].proration_date
        return confirm_change(user=people[number], plan="pro", interval="month", proration_date=date)

    def again(number: int) -> None:
        assert act(number).amount_due_minor == shown[number].amount_due_minor
        assert plan_at_stripe(shop, people.rows[number]) == "pro/month"
        assert charges_of(shop, people.rows[number]) == [499, shown[number].amount_due_minor]
        order = StripeOrder.objects.get(user=people[number], purpose="change")
        assert order.state == "done"

    assert at_every_point(act, again) == 4


def test_a_downgrade_is_one_schedule_wherever_it_was_killed(shop: Shop) -> None:
    people = People(shop, "pro")
    for number in range(10):
        people[number]

    def act(number: int) -> Any:
        return confirm_change(user=people[number], plan="basic", interval="month", proration_date=None)

    def again(number: int) -> None:
        act(number)
        customer = people.rows[number].customer_id
        found = shop.api.subscription_schedules.list({"customer": customer}).data
        assert [len(one.phases) for one in found] == [2]

    assert at_every_point(act, again) == 6
    shop.advance(days=32)
    assert {plan_at_stripe(shop, people.rows[number]) for number in range(7)} == {"basic/month"}


@pytest.mark.parametrize("act", [cancel, resume, pause, unpause])
def test_states_are_set_wherever_it_was_killed(shop: Shop, act: Any) -> None:
    people = People(shop, "basic")
    for number in range(5):
        if act is resume:
            cancel(people[number])
        elif act is unpause:
            pause(people[number])
        else:
            people[number]

    def again(number: int) -> None:
        act(people[number])
        found = shop.subscription(people.rows[number].stripe_id)
        assert found.cancel_at_period_end is (act is cancel)
        assert bool(found.pause_collection) is (act is pause)
        assert not StripeOrder.objects.filter(user=people[number], state="open").exists()

    assert at_every_point(lambda number: act(people[number]), again) == 4


def test_a_pause_that_ends_late_is_paid_once_wherever_it_was_killed(shop: Shop) -> None:
    people = People(shop, "basic")
    for number in range(5):
        pause(people[number])
        store(shop, people[number], paid_until=timezone.now() - timedelta(days=1))

    def again(number: int) -> None:
        assert unpause(people[number]).pause_behavior == ""
        assert charges_of(shop, people.rows[number]) == [499, 499]

    assert at_every_point(lambda number: unpause(people[number]), again) == 4


def refund(shop: Shop, user: User, row: Subscription) -> StripeOrder:
    charge = shop.api.charges.list({"customer": row.customer_id}).data[0].id
    parameters = {"charge": charge, "amount": 100}
    return place_order(user=user, purpose=Purpose.REFUND, subject=charge, parameters=parameters, is_durable=True)


def paid_back(shop: Shop, row: Subscription) -> int:
    return int(shop.api.charges.list({"customer": row.customer_id}).data[0].amount_refunded)


def test_a_durable_order_is_done_once_by_the_job_wherever_that_was_killed(shop: Shop) -> None:
    people = People(shop, "basic")
    for number in range(3):
        people[number]

    def act(number: int) -> None:
        refund(shop, people[number], people.rows[number])
        finish_open_orders()

    def again(number: int) -> None:
        assert finish_open_orders() == 1
        assert finish_open_orders() == 0
        assert paid_back(shop, people.rows[number]) == 100

    assert at_every_point(act, again) == 2


def test_without_keys_a_killed_refund_is_paid_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr("billing.services.order_requests.keyed", lambda key: {})
    people = People(shop, "basic")
    for number in range(3):
        people[number]

    def act(number: int) -> None:
        refund(shop, people[number], people.rows[number])
        finish_open_orders()

    at_every_point(act, lambda number: finish_open_orders())
    assert sorted(paid_back(shop, row) for row in people.rows.values()) == [100, 100, 200]


def test_a_refund_whose_key_stripe_has_forgotten_is_looked_for_first(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    order = refund(shop, alice, row)
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, 0, after=True)
        with pytest.raises(Killed):
            finish_open_orders()
    assert paid_back(shop, row) == 100
    StripeOrder.objects.filter(pk=order.pk).update(created_at=timezone.now() - KEYS_LIVE)
    # Stripe would take the forgotten key for a new one.
    shop.server.sandbox.keys._known.clear()
    assert finish_open_orders() == 1
    assert paid_back(shop, row) == 100


def test_a_customer_whose_key_stripe_has_forgotten_is_looked_for_first(shop: Shop, alice: User) -> None:
    shop.post("faults", mode="drop", count=1, path="/v1/customers")
    with pytest.raises(PaymentsUnavailable):
        open_checkout(user=alice, plan="basic", interval="month")
    made = shop.api.customers.list().data[0].id
    StripeOrder.objects.update(created_at=timezone.now() - KEYS_LIVE)
    User.objects.filter(pk=alice.pk).update(email="elsewhere@example.com")
    shop.server.sandbox.keys._known.clear()
    open_checkout(user=alice, plan="basic", interval="month")
    assert [one.id for one in shop.api.customers.list().data] == [made]
    assert StripeCustomer.objects.get().stripe_id == made


def test_what_names_somebody_is_forgotten_once_it_is_done(shop: Shop, alice: User) -> None:
    open_checkout(user=alice, plan="basic", interval="month")
    assert StripeOrder.objects.get(purpose="customer").parameters == {}
    page = CheckoutSession.objects.get()
    assert alice.email not in str(page.parameters)
    session = shop.api.checkout.sessions.retrieve(str(page.stripe_id))
    assert alice.email not in str(session.metadata)


def test_a_refused_order_is_recorded_and_not_tried_again(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    charge = shop.api.charges.list({"customer": row.customer_id}).data[0].id
    asked = {"charge": charge, "amount": 100_000}
    order = place_order(user=alice, purpose=Purpose.REFUND, subject=charge, parameters=asked, is_durable=True)
    assert finish_open_orders() == 0
    order.refresh_from_db()
    assert (order.state, order.attempts) == ("refused", 1)
    assert order.result
    assert finish_open_orders() == 0


def test_a_durable_order_waits_for_stripe_to_come_back(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    place_order(user=alice, purpose=Purpose.END, subject=row.stripe_id, is_durable=True)
    shop.post("faults", mode="500", count=2)
    assert finish_open_orders() == 0
    assert finish_open_orders() == 1
    assert shop.subscription(row.stripe_id).status == "canceled"


def test_what_was_decided_first_about_the_same_is_done_first(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    for purpose, ends in ((Purpose.CANCEL, True), (Purpose.RESUME, False)):
        asked = {"cancel_at_period_end": ends}
        place_order(user=alice, purpose=purpose, subject=row.stripe_id, parameters=asked, is_durable=True)
    shop.post("faults", mode="500", count=2)
    assert finish_open_orders() == 0
    assert finish_open_orders() + finish_open_orders() == 2
    assert not shop.subscription(row.stripe_id).cancel_at_period_end


def test_one_run_of_orders_is_under_way_at_a_time() -> None:
    finish_orders_soon()
    assert ProcrastinateJob.objects.get().lock == finish_every_order.lock == "finish-orders"


def test_the_job_asks_a_stripe_that_is_away_a_few_times_only(shop: Shop, alice: User) -> None:
    for number in range(6):
        place_order(user=alice, purpose=Purpose.END, subject=f"sub_{number}", is_durable=True)
    shop.post("faults", mode="500", count=100)
    for tried in (3, 6):
        assert finish_open_orders() == 0
        # Each time those that had no turn yet.
        assert StripeOrder.objects.filter(attempts=1).count() == tried
    shop.post("faults", mode="500", count=0)
    assert finish_open_orders() == 6


def test_what_has_ended_already_is_ended(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    shop.api.subscriptions.cancel(row.stripe_id)
    shop.api.customers.delete(row.customer_id)
    place_order(user=alice, purpose=Purpose.END, subject=row.stripe_id, is_durable=True)
    place_order(user=alice, purpose=Purpose.DELETE_CUSTOMER, subject=row.customer_id, is_durable=True)
    assert finish_open_orders() == 2


def test_of_one_kind_and_subject_one_order_is_open(alice: User) -> None:
    first = place_order(user=alice, purpose=Purpose.END, subject="sub_1", parameters={"prorate": True})
    again = place_order(user=alice, purpose=Purpose.END, subject="sub_1", parameters={"prorate": False})
    assert (again.pk, again.parameters) == (first.pk, {"prorate": True})
    orders.finish_order(first, "sub_1")
    assert place_order(user=alice, purpose=Purpose.END, subject="sub_1").pk != first.pk


def test_what_a_person_asked_for_and_left_is_closed_after_a_day(shop: Shop, alice: User) -> None:
    left = place_order(user=alice, purpose=Purpose.CHANGE, subject="sub_1", parameters={"items": []})
    customer = place_order(user=alice, purpose=Purpose.CUSTOMER, parameters={"email": alice.email})
    StripeOrder.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    assert finish_open_orders() == 0
    states = dict(StripeOrder.objects.values_list("pk", "state"))
    assert states == {left.pk: "refused", customer.pk: "open"}
