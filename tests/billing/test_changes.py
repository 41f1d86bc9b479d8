"""Another plan or interval: what it costs is shown, and confirmed; less comes at the period's end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import AuditEvent, User
from billing.errors import (
    NotSubscribed,
    PaymentDue,
    PreviewTooOld,
    SamePlan,
    SubscriptionEnding,
    SubscriptionPaused,
    UnknownSubscription,
)
from billing.gateway.errors import PaymentDeclined, PaymentsUnavailable
from billing.models import Plan, PlanGrant, PlanPrice, StripeOrder
from billing.plan_effects import PlanEffect
from billing.services.changes import confirm_change, drop_change, preview_change
from billing.services.orders import finish_open_orders
from billing.services.subscriptions import cancel, pause
from nexusvpn.errors import InvalidInput
from tests.api_client import ApiClient
from tests.billing.browsing import browser
from tests.billing.buying import buy, charged, plan_at_stripe, store
from tests.billing.shop import Shop
from tests.factories.billing import grant

pytestmark = pytest.mark.django_db
PRO: dict[str, Any] = {"plan": "pro", "interval": "month"}


def test_an_upgrade_is_shown_then_charged_as_it_was_shown(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    shown = preview_change(user=alice, **PRO)
    assert (shown.kind, shown.next_amount_minor, shown.currency) == ("now", 999, "USD")
    assert sum(line.amount_minor for line in shown.lines) == shown.amount_due_minor
    assert {line.amount_minor > 0 for line in shown.lines} == {True, False}
    assert charged(shop) == [499]
    assert plan_at_stripe(shop, row) == "basic/month"
    done = confirm_change(user=alice, **PRO, proration_date=shown.proration_date)
    assert plan_at_stripe(shop, row) == "pro/month"
    assert done.amount_due_minor == shown.amount_due_minor
    assert charged(shop) == [499, shown.amount_due_minor]
    assert AuditEvent.objects.get(action="plan_changed").details == {"from": "basic/month", "to": "pro/month"}


def test_the_same_confirmation_again_charges_nothing(shop: Shop, alice: User) -> None:
    buy(shop, alice)
    shown = preview_change(user=alice, **PRO)
    first = confirm_change(user=alice, **PRO, proration_date=shown.proration_date)
    again = confirm_change(user=alice, **PRO, proration_date=shown.proration_date)
    assert again == first
    assert len(charged(shop)) == 2
    assert AuditEvent.objects.filter(action="plan_changed").count() == 1


def test_a_year_instead_of_a_month_begins_at_once(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    shown = preview_change(user=alice, plan="basic", interval="year")
    assert (shown.kind, shown.next_amount_minor) == ("now", 4990)
    confirm_change(user=alice, plan="basic", interval="year", proration_date=shown.proration_date)
    assert plan_at_stripe(shop, row) == "basic/year"
    assert charged(shop) == [499, shown.amount_due_minor]
    assert 4400 < shown.amount_due_minor <= 4990


@pytest.mark.parametrize(
    ("bought", "wanted"), [(("pro", "month"), ("basic", "month")), (("pro", "year"), ("pro", "month"))]
)
def test_less_comes_at_the_periods_end(
    shop: Shop, alice: User, bought: tuple[str, str], wanted: tuple[str, str]
) -> None:
    row = buy(shop, alice, *bought)
    before = charged(shop)
    shown = preview_change(user=alice, plan=wanted[0], interval=wanted[1])
    assert (shown.kind, shown.amount_due_minor, shown.proration_date) == ("at_period_end", 0, None)
    assert shown.effective_at == row.current_period_end
    assert confirm_change(user=alice, plan=wanted[0], interval=wanted[1], proration_date=None) == shown
    assert (plan_at_stripe(shop, row), charged(shop)) == ("/".join(bought), before)
    shop.advance(days=32 if bought[1] == "month" else 367)
    assert plan_at_stripe(shop, row) == "/".join(wanted)
    assert charged(shop) == [*before, shown.next_amount_minor]
    # It goes on by itself.
    shop.advance(days=65)
    assert len(charged(shop)) == 4
    assert shop.subscription(row.stripe_id).schedule is None


def test_what_else_a_change_takes_is_shown(
    shop: Shop, alice: User, alice_api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    effect = PlanEffect("Stop working", ("Phone",))
    monkeypatch.setattr("billing.plan_effects._providers", [lambda user, plan: [effect] * (plan.code == "basic")])
    buy(shop, alice, "pro")
    assert preview_change(user=alice, plan="basic", interval="month").effects == (effect,)
    shown = alice_api.post("billing/subscription/preview", {"plan": "basic"}).data
    assert shown["effects"] == [{"title": "Stop working", "names": ["Phone"]}]
    assert preview_change(user=alice, plan="pro", interval="year").effects == ()


@pytest.mark.parametrize(("given_for", "counts"), [(timedelta(days=90), "pro"), (timedelta(days=3), "basic")])
def test_a_given_plan_that_is_larger_counts_as_long_as_it_holds(
    shop: Shop,
    alice: User,
    alice_api: ApiClient,
    monkeypatch: pytest.MonkeyPatch,
    given_for: timedelta,
    counts: str,
) -> None:
    """The interface compares with the plan that counts then, as the page does."""
    told = PlanEffect("Stop working", ("Phone",))
    monkeypatch.setattr("billing.plan_effects._providers", [lambda user, plan: [told] * (plan.code == "basic")])
    buy(shop, alice, "pro", "month")
    PlanGrant.objects.filter(pk=grant(alice, "pro").pk).update(valid_until=timezone.now() + given_for)
    shown = alice_api.post("billing/subscription/preview", {"plan": "basic"}).data
    assert shown["price"]["plan"] == "basic"
    assert [each["title"] for each in shown["effects"]] == (["Stop working"] if counts == "basic" else [])
    assert shown["plan_code"] == counts
    page = browser(alice).get("/billing/change?plan=basic&interval=month").text
    assert ("Stop working" in page) == (counts == "basic")
    assert alice_api.post("billing/subscription/change", {"plan": "basic"}).data["plan_code"] == counts


def test_another_wish_for_the_periods_end_takes_the_place_of_the_former(shop: Shop, alice: User) -> None:
    row = buy(shop, alice, "pro", "year")
    confirm_change(user=alice, plan="basic", interval="year", proration_date=None)
    confirm_change(user=alice, plan="basic", interval="month", proration_date=None)
    assert len(shop.api.subscription_schedules.list().data) == 1
    shop.advance(days=367)
    assert plan_at_stripe(shop, row) == "basic/month"


def test_a_planned_change_is_dropped_also_twice(shop: Shop, alice: User) -> None:
    row = buy(shop, alice, "pro")
    confirm_change(user=alice, plan="basic", interval="month", proration_date=None)
    assert drop_change(user=alice).schedule_id == ""
    assert drop_change(user=alice).schedule_id == ""
    shop.advance(days=32)
    assert plan_at_stripe(shop, row) == "pro/month"


def test_an_upgrade_ends_what_was_planned(shop: Shop, alice: User) -> None:
    row = buy(shop, alice, "pro")
    confirm_change(user=alice, plan="basic", interval="month", proration_date=None)
    shown = preview_change(user=alice, plan="pro", interval="year")
    confirm_change(user=alice, plan="pro", interval="year", proration_date=shown.proration_date)
    assert shop.subscription(row.stripe_id).schedule is None
    assert not StripeOrder.objects.filter(state="open").exists()
    shop.advance(days=40)
    assert plan_at_stripe(shop, row) == "pro/year"


def test_what_was_planned_is_ended_by_the_job_if_stripe_is_away_then(shop: Shop, alice: User) -> None:
    row = buy(shop, alice, "pro")
    confirm_change(user=alice, plan="basic", interval="month", proration_date=None)
    shown = preview_change(user=alice, plan="pro", interval="year")
    shop.post("faults", mode="500", count=1, path="/v1/subscription_schedules")
    confirm_change(user=alice, plan="pro", interval="year", proration_date=shown.proration_date)
    assert shop.subscription(row.stripe_id).schedule
    assert finish_open_orders() == 1
    assert shop.subscription(row.stripe_id).schedule is None


def test_a_cancellation_drops_what_was_planned(shop: Shop, alice: User) -> None:
    row = buy(shop, alice, "pro")
    confirm_change(user=alice, plan="basic", interval="month", proration_date=None)
    assert cancel(alice).cancel_at_period_end
    shop.advance(days=32)
    assert shop.subscription(row.stripe_id).status == "canceled"
    assert charged(shop) == [999]


def test_a_declined_upgrade_leaves_everything_as_it_was(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    shown = preview_change(user=alice, **PRO)
    shop.card_becomes("4000000000000002", row.customer_id)
    for _ in range(2):
        with pytest.raises(PaymentDeclined):
            confirm_change(user=alice, **PRO, proration_date=shown.proration_date)
    assert (plan_at_stripe(shop, row), charged(shop)) == ("basic/month", [499])
    assert {order.state for order in StripeOrder.objects.filter(purpose="change")} == {"refused"}
    shop.card_becomes("4242424242424242", row.customer_id)
    confirm_change(user=alice, **PRO, proration_date=shown.proration_date)
    assert plan_at_stripe(shop, row) == "pro/month"


def test_an_old_preview_is_not_confirmed(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    shown = preview_change(user=alice, **PRO)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)), pytest.raises(PreviewTooOld):
        confirm_change(user=alice, **PRO, proration_date=shown.proration_date)
    assert (plan_at_stripe(shop, row), charged(shop)) == ("basic/month", [499])


@pytest.mark.parametrize("ahead", [-3600, 3600, 20 * 86400])
def test_a_date_that_nobody_was_shown_is_not_confirmed(shop: Shop, alice: User, ahead: int) -> None:
    row = buy(shop, alice)
    with pytest.raises(PreviewTooOld):
        confirm_change(user=alice, **PRO, proration_date=int(timezone.now().timestamp()) + ahead)
    assert plan_at_stripe(shop, row) == "basic/month"


def test_a_change_that_became_another_kind_is_looked_at_again(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    with pytest.raises(PreviewTooOld):
        confirm_change(user=alice, **PRO, proration_date=None)
    shown = preview_change(user=alice, plan="pro", interval="year")
    shown_month = preview_change(user=alice, **PRO)
    confirm_change(user=alice, plan="pro", interval="year", proration_date=shown.proration_date)
    with pytest.raises(PreviewTooOld):
        confirm_change(user=alice, **PRO, proration_date=shown_month.proration_date)
    assert plan_at_stripe(shop, row) == "pro/year"


def test_in_a_trial_nothing_is_due(shop: Shop, alice: User) -> None:
    Plan.objects.filter(code="basic").update(trial_days=7)
    row = buy(shop, alice)
    assert row.status == "trialing"
    shown = preview_change(user=alice, **PRO)
    assert (shown.kind, shown.amount_due_minor) == ("now", 0)
    assert confirm_change(user=alice, **PRO, proration_date=shown.proration_date).amount_due_minor == 0
    assert charged(shop) == []
    shop.advance(days=8)
    assert charged(shop) == [999]


def test_what_stands_against_a_change_is_said(shop: Shop, alice: User, bob: User) -> None:
    with pytest.raises(NotSubscribed):
        preview_change(user=alice, **PRO)
    row = buy(shop, alice)
    with pytest.raises(SamePlan):
        preview_change(user=alice, plan="basic", interval="month")
    for wrong, field in (
        ({"plan": "gold", "interval": "month"}, "plan"),
        ({"plan": "free", "interval": "month"}, "plan"),
        ({"plan": "pro", "interval": "week"}, "interval"),
    ):
        with pytest.raises(InvalidInput) as refused:
            preview_change(user=alice, **wrong)
        assert list(refused.value.fields) == [field]
    pause(alice)
    with pytest.raises(SubscriptionPaused):
        preview_change(user=alice, **PRO)
    cancel(alice)
    with pytest.raises(SubscriptionEnding):
        preview_change(user=alice, **PRO)
    PlanPrice.objects.filter(subscriptions=row).update(stripe_price_id="price_other")
    with pytest.raises(UnknownSubscription):
        preview_change(user=alice, **PRO)


def test_who_owes_a_payment_cannot_have_more_but_less(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    shop.post("dunning", days=[3, 5, 7], at_last="past_due")
    shop.card_becomes("4000000000000002", row.customer_id)
    shop.advance(days=32)
    assert store(shop, alice).status == "past_due"
    with pytest.raises(PaymentDue):
        preview_change(user=alice, **PRO)


def test_who_has_ended_meanwhile_is_told(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    shop.api.subscriptions.cancel(row.stripe_id)
    with pytest.raises(NotSubscribed):
        preview_change(user=alice, **PRO)


@pytest.mark.parametrize("mode", ["500", "drop"])
def test_stripe_is_away_in_the_middle_of_a_change_and_the_same_again_charges_once(
    shop: Shop, alice: User, mode: str
) -> None:
    row = buy(shop, alice)
    shown = preview_change(user=alice, **PRO)
    confirm: dict[str, Any] = {"user": alice, **PRO, "proration_date": shown.proration_date}
    _fail_the_second(shop, mode, row.stripe_id)
    with pytest.raises(PaymentsUnavailable) as away:
        confirm_change(**confirm)
    assert "charged twice" in away.value.message
    done = confirm_change(**confirm)
    assert done.amount_due_minor == shown.amount_due_minor
    assert charged(shop) == [499, shown.amount_due_minor]
    assert StripeOrder.objects.filter(purpose="change", state="done").count() == 1


def _fail_the_second(shop: Shop, mode: str, subscription: str) -> None:
    """The change's own request meets the fault, not the look at the subscription that comes before it."""
    shop.post("faults", mode="slow", count=1, seconds=0, path=f"/v1/subscriptions/{subscription}")
    shop.post("faults", mode=mode, count=1, path=f"/v1/subscriptions/{subscription}")


def test_a_card_that_asks_its_owner_changes_nothing(shop: Shop, alice: User) -> None:
    row = buy(shop, alice)
    shown = preview_change(user=alice, **PRO)
    shop.card_becomes("4000002760003184", row.customer_id)
    with pytest.raises(PaymentDeclined) as refused:
        confirm_change(user=alice, **PRO, proration_date=shown.proration_date)
    assert refused.value.code == "authentication_required"
    assert plan_at_stripe(shop, row) == "basic/month"
    assert [one.status for one in shop.api.invoices.list().data] == ["paid"]
