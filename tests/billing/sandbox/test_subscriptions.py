"""The life of a subscription, with the clock advanced."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from billing.sandbox.clock import add_interval
from tests.billing.sandbox.world import DAY, World


def test_a_subscription_is_paid_at_once_and_its_events_come_in_stripes_order(world: World) -> None:
    subscription = world.subscribe(world.price())
    assert subscription.status == "active"
    types = [
        type for type in world.settled() if type.startswith(("customer.subscription", "invoice.", "payment_i", "ch"))
    ]
    assert types == [
        "customer.subscription.created",
        "invoice.created",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "customer.subscription.updated",
    ]


def test_a_renewal_drafts_an_invoice_and_charges_it_an_hour_later(world: World) -> None:
    subscription = world.subscribe(world.price())
    end = subscription["items"].data[0].current_period_end
    world.post("advance", seconds=end - world.control("clock")["now"] + 1)
    renewed = world.subscription(subscription.id)
    assert renewed["items"].data[0].current_period_start == end
    assert world.api.invoices.retrieve(str(renewed.latest_invoice)).status == "draft"
    world.advance(seconds=3600)
    invoice = world.api.invoices.retrieve(str(renewed.latest_invoice))
    assert (invoice.status, invoice.billing_reason, invoice.amount_paid) == ("paid", "subscription_cycle", 499)


def test_a_year_has_thirteen_invoices(world: World) -> None:
    subscription = world.subscribe(world.price())
    world.advance(days=366)
    invoices = list(world.api.invoices.list({"subscription": subscription.id, "limit": 5}).auto_paging_iter())
    assert len(invoices) == 13
    assert {invoice.status for invoice in invoices} == {"paid"}
    assert len({invoice.number for invoice in invoices}) == 13


def test_the_first_payment_declined_leaves_it_incomplete_and_then_expired(world: World) -> None:
    customer = world.payer("pm_card_chargeCustomerFail")
    subscription = world.subscribe(world.price(), customer)
    assert subscription.status == "incomplete"
    world.advance(seconds=23 * 3600 + 1)
    assert world.subscription(subscription.id).status == "incomplete_expired"
    assert world.api.invoices.retrieve(str(subscription.latest_invoice)).status == "void"


def test_an_error_if_incomplete_leaves_nothing_behind(world: World) -> None:
    customer = world.payer("pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError) as refused:
        world.subscribe(world.price(), customer, payment_behavior="error_if_incomplete")
    assert refused.value.code == "card_declined"
    assert world.api.subscriptions.list({"customer": customer.id, "status": "all"}).data == []
    assert "customer.subscription.created" not in world.settled()


@pytest.mark.parametrize(
    ("at_last", "status"), [("canceled", "canceled"), ("unpaid", "unpaid"), ("past_due", "past_due")]
)
def test_a_declined_renewal_is_tried_again_and_then_given_up(world: World, at_last: str, status: str) -> None:
    world.post("dunning", days=[1, 2, 3], at_last=at_last)
    customer = world.payer()
    subscription = world.subscribe(world.price(), customer)
    world.card_becomes("4000000000000341", customer.id)
    end = subscription["items"].data[0].current_period_end
    world.post("advance", seconds=end - world.control("clock")["now"] + 3700)
    assert world.subscription(subscription.id).status == "past_due"
    invoice = world.api.invoices.retrieve(str(world.subscription(subscription.id).latest_invoice))
    assert invoice.attempt_count == 1
    assert invoice.next_payment_attempt
    world.advance(days=7)
    assert world.subscription(subscription.id).status == status
    assert world.api.invoices.retrieve(invoice.id).attempt_count == 4
    assert world.settled().count("invoice.payment_failed") == 4


def test_a_good_card_in_time_makes_it_active_again(world: World) -> None:
    customer = world.payer()
    subscription = world.subscribe(world.price(), customer)
    world.card_becomes("4000000000000341", customer.id)
    world.advance(days=32)
    assert world.subscription(subscription.id).status == "past_due"
    world.card_becomes("4242424242424242", customer.id)
    world.advance(days=3)
    assert world.subscription(subscription.id).status == "active"


def test_canceled_at_the_periods_end_it_goes_on_until_then_and_can_be_resumed(world: World) -> None:
    subscription = world.subscribe(world.price())
    ending = world.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert (ending.status, ending.cancel_at) == ("active", subscription["items"].data[0].current_period_end)
    resumed = world.api.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert (resumed.cancel_at, resumed.canceled_at) == (None, None)
    world.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    world.advance(days=32)
    ended = world.subscription(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", ending.cancel_at)
    assert world.settled()[-1] == "customer.subscription.deleted"
    with pytest.raises(stripe.InvalidRequestError):
        world.api.subscriptions.cancel(subscription.id)


def test_an_upgrade_invoices_the_rest_of_the_period_at_once(world: World) -> None:
    basic, pro = world.price(500), world.price(1000, name="Pro")
    subscription = world.subscribe(basic)
    item = subscription["items"].data[0]
    half = (item.current_period_end - item.current_period_start) // 2
    world.advance(seconds=half)
    change: Any = {"items": [{"id": item.id, "price": pro.id}], "proration_behavior": "always_invoice"}
    preview = world.api.invoices.create_preview({"subscription": subscription.id, "subscription_details": change})
    updated = world.api.subscriptions.update(subscription.id, change)
    invoice = world.api.invoices.retrieve(str(updated.latest_invoice))
    assert (invoice.status, invoice.billing_reason, invoice.total) == ("paid", "subscription_update", 250)
    assert preview.total == invoice.total
    assert [line.amount for line in preview.lines.data] == [-250, 500]
    assert updated["items"].data[0].price.id == pro.id


def test_prorations_wait_for_the_next_invoice_unless_asked_otherwise(world: World) -> None:
    basic, pro = world.price(500), world.price(1000, name="Pro")
    subscription = world.subscribe(basic)
    item = subscription["items"].data[0]
    world.advance(seconds=(item.current_period_end - item.current_period_start) // 2)
    world.api.subscriptions.update(subscription.id, {"items": [{"id": item.id, "price": pro.id}]})
    assert len(world.api.invoices.list({"subscription": subscription.id}).data) == 1
    world.advance(days=17)
    invoice = world.api.invoices.list({"subscription": subscription.id}).data[0]
    assert (invoice.billing_reason, invoice.total) == ("subscription_cycle", 1250)


def test_a_downgrade_at_once_gives_credit_that_the_next_invoice_uses(world: World) -> None:
    basic, pro = world.price(500), world.price(1000, name="Pro")
    subscription = world.subscribe(pro)
    item = subscription["items"].data[0]
    world.advance(seconds=(item.current_period_end - item.current_period_start) // 2)
    change: Any = {"items": [{"id": item.id, "price": basic.id}], "proration_behavior": "always_invoice"}
    world.api.subscriptions.update(subscription.id, change)
    assert world.api.customers.retrieve(str(subscription.customer)).balance == -250
    world.advance(days=17)
    invoice = world.api.invoices.list({"subscription": subscription.id}).data[0]
    assert (invoice.total, invoice.starting_balance, invoice.amount_paid) == (500, -250, 250)
    assert world.api.customers.retrieve(str(subscription.customer)).balance == 0


def test_another_interval_begins_a_new_period_and_is_billed_at_once(world: World) -> None:
    monthly, yearly = world.price(500), world.price(5000, "year")
    subscription = world.subscribe(monthly)
    item = subscription["items"].data[0]
    changed = world.api.subscriptions.update(subscription.id, {"items": [{"id": item.id, "price": yearly.id}]})
    invoice = world.api.invoices.retrieve(str(changed.latest_invoice))
    assert invoice.total == 4500
    assert changed["items"].data[0].current_period_end - changed.billing_cycle_anchor >= 365 * DAY


def test_a_schedule_downgrades_at_the_periods_end(world: World) -> None:
    basic, pro = world.price(500), world.price(1000, name="Pro")
    subscription = world.subscribe(pro)
    schedule = world.api.subscription_schedules.create({"from_subscription": subscription.id})
    now = schedule.phases[0]
    world.api.subscription_schedules.update(
        schedule.id,
        {
            "phases": [
                {"items": [{"price": pro.id}], "start_date": now.start_date, "end_date": now.end_date},
                {"items": [{"price": basic.id}], "duration": {"interval": "month"}},
            ]
        },
    )
    assert world.subscription(subscription.id).schedule == schedule.id
    world.advance(days=32)
    changed = world.subscription(subscription.id)
    assert changed["items"].data[0].price.id == basic.id
    assert world.api.invoices.retrieve(str(changed.latest_invoice)).total == 500
    world.advance(days=32)
    assert world.api.subscription_schedules.retrieve(schedule.id).status == "released"
    assert world.subscription(subscription.id).schedule is None


def test_a_trial_costs_nothing_warns_and_is_then_paid(world: World) -> None:
    subscription = world.subscribe(world.price(), trial_period_days=7)
    assert subscription.status == "trialing"
    assert world.api.invoices.retrieve(str(subscription.latest_invoice)).amount_due == 0
    world.advance(days=5)
    assert "customer.subscription.trial_will_end" in world.settled()
    world.advance(days=3)
    paid = world.subscription(subscription.id)
    assert paid.status == "active"
    assert world.api.invoices.retrieve(str(paid.latest_invoice)).amount_paid == 499


def test_a_trial_without_a_card_ends_as_it_was_told_to(world: World) -> None:
    customer = world.api.customers.create({})
    price = world.price()
    made = {
        behavior: world.subscribe(
            price, customer, trial_period_days=7, trial_settings={"end_behavior": {"missing_payment_method": behavior}}
        )
        for behavior in ("cancel", "pause", "create_invoice")
    }
    world.advance(days=8)
    statuses = {behavior: world.subscription(one.id).status for behavior, one in made.items()}
    assert statuses == {"cancel": "canceled", "pause": "paused", "create_invoice": "past_due"}
    method = world.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    world.api.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    assert world.api.subscriptions.resume(made["pause"].id).status == "active"


def test_a_pause_of_collection_voids_the_renewals_until_it_is_over(world: World) -> None:
    subscription = world.subscribe(world.price())
    world.api.subscriptions.update(subscription.id, {"pause_collection": {"behavior": "void"}})
    world.advance(days=32)
    paused = world.subscription(subscription.id)
    assert paused.status == "active"
    assert world.api.invoices.retrieve(str(paused.latest_invoice)).status == "void"
    world.api.subscriptions.update(subscription.id, {"pause_collection": ""})
    world.advance(days=31)
    renewed = world.subscription(subscription.id)
    assert world.api.invoices.retrieve(str(renewed.latest_invoice)).status == "paid"


def test_a_month_that_began_on_the_31st_keeps_its_day() -> None:
    january = 1_769_817_600  # 2026-01-31
    february = add_interval(january, "month", 1, january)
    march = add_interval(february, "month", 1, january)
    assert ((february - january) // DAY, (march - february) // DAY) == (28, 31)


def test_a_deleted_customers_subscriptions_end(world: World) -> None:
    subscription = world.subscribe(world.price())
    world.api.customers.delete(str(subscription.customer))
    assert world.subscription(subscription.id).status == "canceled"
    assert world.api.customers.retrieve(str(subscription.customer)).deleted


def test_a_refused_change_changes_nothing(world: World) -> None:
    subscription = world.subscribe(world.price())
    refused: list[Any] = [
        {"description": "x", "default_payment_method": "pm_none"},
        {"description": "x", "discounts": [{"coupon": "none"}]},
        {"description": "x", "items": [{"id": "si_none"}]},
        {"description": "x", "cancel_at_period_end": True, "cancel_at": subscription.created + 10 * DAY},
        {"description": "x", "payment_behavior": "pending_if_incomplete"},
    ]
    for params in refused:
        with pytest.raises(stripe.InvalidRequestError):
            world.api.subscriptions.update(subscription.id, params)
    assert world.subscription(subscription.id).description is None
    with pytest.raises(stripe.InvalidRequestError):
        world.subscribe(world.price(), discounts=[{"coupon": "none"}])
    assert len(world.api.subscriptions.list({"status": "all"}).data) == 1


def test_an_upgrade_that_cannot_be_paid_is_not_made_if_so_asked(world: World) -> None:
    basic, pro = world.price(500), world.price(1000, name="Pro")
    subscription = world.subscribe(basic)
    world.card_becomes("4000000000000341", str(subscription.customer))
    change: Any = {
        "items": [{"id": subscription["items"].data[0].id, "price": pro.id}],
        "proration_behavior": "always_invoice",
        "payment_behavior": "error_if_incomplete",
    }
    with pytest.raises(stripe.CardError):
        world.api.subscriptions.update(subscription.id, change)
    kept = world.subscription(subscription.id)
    assert (kept["items"].data[0].price.id, kept.latest_invoice) == (basic.id, subscription.latest_invoice)
    del change["payment_behavior"]
    changed = world.api.subscriptions.update(subscription.id, change)
    assert (changed["items"].data[0].price.id, changed.status) == (pro.id, "past_due")


def test_a_cancellation_at_once_may_give_back_what_is_left(world: World) -> None:
    subscription = world.subscribe(world.price(500))
    item = subscription["items"].data[0]
    world.advance(seconds=(item.current_period_end - item.current_period_start) // 2)
    canceled = world.api.subscriptions.cancel(subscription.id, {"prorate": True, "invoice_now": True})
    assert (canceled.status, canceled.cancellation_details and canceled.cancellation_details.reason) == (
        "canceled",
        "cancellation_requested",
    )
    assert world.api.customers.retrieve(str(subscription.customer)).balance == -250


def test_a_new_customers_first_invoice_is_previewed(world: World) -> None:
    coupon = world.api.coupons.create({"percent_off": 50, "duration": "once"})
    customer = world.payer()
    details: Any = {"items": [{"price": world.price(500).id}]}
    preview = world.api.invoices.create_preview(
        {"customer": customer.id, "subscription_details": details, "discounts": [{"coupon": coupon.id}]}
    )
    assert (preview.total, preview.status, preview.lines.data[0].amount) == (250, "draft", 500)
    assert world.api.coupons.retrieve(coupon.id).times_redeemed == 0
    assert world.api.subscriptions.list({"customer": customer.id}).data == []


def test_a_customer_has_one_currency_at_a_time(world: World) -> None:
    options: Any = {"eur": {"unit_amount": 459}}
    price = world.price(499, currency_options=options)
    customer = world.payer()
    first = world.subscribe(price, customer)
    session: Any = {"mode": "subscription", "line_items": [{"price": price.id}], "success_url": "http://shop.example/"}
    session.update(customer=customer.id, currency="eur")
    with pytest.raises(stripe.InvalidRequestError):
        world.subscribe(price, customer, currency="eur")
    with pytest.raises(stripe.InvalidRequestError):
        world.api.checkout.sessions.create(session)
    world.api.subscriptions.cancel(first.id)
    assert world.subscribe(price, customer, currency="eur").currency == "eur"


def test_what_a_schedule_manages_is_not_canceled_beside_it(world: World) -> None:
    subscription = world.subscribe(world.price())
    schedule = world.api.subscription_schedules.create({"from_subscription": subscription.id})
    with pytest.raises(stripe.InvalidRequestError, match=schedule.id):
        world.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    world.api.subscription_schedules.release(schedule.id)
    assert world.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True}).cancel_at


def test_a_trial_is_prolonged_or_ended_now(world: World) -> None:
    subscription = world.subscribe(world.price(), trial_period_days=7)
    later = world.control("clock")["now"] + 20 * DAY
    assert world.api.subscriptions.update(subscription.id, {"trial_end": later}).trial_end == later
    world.advance(days=18)
    assert world.settled().count("customer.subscription.trial_will_end") == 1
    ended = world.api.subscriptions.update(subscription.id, {"trial_end": "now"})
    assert ended.status == "active"
    assert world.api.invoices.retrieve(str(ended.latest_invoice)).amount_paid == 499
