"""Another plan or interval for a running subscription: more at once, for a price that is shown before; less at the period's end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from billing.errors import (
    PaymentDue,
    PreviewTooOld,
    SamePlan,
    SubscriptionEnding,
    SubscriptionPaused,
    UnknownSubscription,
)
from billing.gateway.client import Object
from billing.gateway.errors import GatewayRefused, PaymentsUnavailable
from billing.models import Interval, Plan, PlanPrice, StripeOrder, Subscription
from billing.plan_effects import PlanEffect, effects_of
from billing.services.held import UNDER_WAY, Held, held_at_stripe, outcome_unknown, twice_if_outdated
from billing.services.orders import SUPERSEDED, end_order, place_order
from billing.services.overview import plan_besides
from billing.services.sale import price_on_sale
from billing.services.subscriptions import release_schedule
from nexusvpn.logs import logger

log = logger(__name__)
PREVIEW_LIVES_S = 600
# Clocks differ a little.
AHEAD_S = 60
Purpose = StripeOrder.Purpose
Status = Subscription.Status
Kind = Literal["now", "at_period_end"]


@dataclass(frozen=True, slots=True)
class Line:
    """`amount_minor` is negative for what is given back."""

    text: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a change is, and what is due for it today; amounts in `currency`'s smallest unit.

    `proration_date` is to be sent back with the confirmation of a change that happens now: then exactly this is charged.
    `next_amount_minor` is the price of the periods that follow, before taxes and discounts. `later` is the plan that counts then: this
    one, or a larger one that is given to the person and still holds.
    """

    kind: Kind
    price: PlanPrice
    amount_due_minor: int
    currency: str
    effective_at: datetime
    next_amount_minor: int
    later: Plan
    lines: tuple[Line, ...] = field(default=())
    proration_date: int | None = None
    # What else the person would lose, in the words of whoever knows; of a preview only.
    effects: tuple[PlanEffect, ...] = field(default=())


def preview_change(*, user: User, plan: str, interval: str) -> Change:
    """What this change would cost. Raises NotSubscribed, SamePlan, PaymentDue, SubscriptionPaused, SubscriptionEnding,
    UnknownSubscription; InvalidInput that names the field; PaymentsUnavailable."""
    with held_at_stripe(user) as held:
        former, price = _prices(held, plan, interval)
        kind = _check(held, former, price)
        if kind == "at_period_end":
            return _with_effects(held, _later(held, price))
        at = _latest_moment(held)
        asked: Any = {
            "subscription": held.id,
            "subscription_details": {
                "items": _items(held, price),
                "proration_behavior": "always_invoice",
                "proration_date": at,
            },
        }
        invoice = held.api.call(lambda v1: v1.invoices.create_preview(asked))
        lines = tuple(Line(line["description"] or "", line["amount"]) for line in invoice["lines"]["data"])
        return _with_effects(held, _now(held, price, invoice["amount_due"], at, lines))


def _with_effects(held: Held, change: Change) -> Change:
    return replace(change, effects=tuple(effects_of(held.user, change.later)))


@twice_if_outdated
def confirm_change(*, user: User, plan: str, interval: str, proration_date: int | None) -> Change:
    """Do it, as it was shown. The same again, after whatever happened meanwhile, charges nothing twice.

    Raises what `preview_change` does; PreviewTooOld, with nothing charged; PaymentDeclined: then everything is as before.
    """
    with held_at_stripe(user) as held:
        former, price = _prices(held, plan, interval)
        if proration_date is not None and (done := _settle(held, former, price, proration_date)):
            return done
        kind = _check(held, former, price)
        if (kind == "now") is not (proration_date is not None):
            raise PreviewTooOld
        if proration_date is None:
            return _plan_change(held, former, price)
        _check_age(held, proration_date)
        return _change_now(held, former, price, proration_date)


@twice_if_outdated
def drop_change(*, user: User) -> Subscription:
    """Take back a change that waits for the period's end. Nothing happens where none waits."""
    with held_at_stripe(user) as held:
        release_schedule(held)
        held.close(Purpose.SCHEDULE)
        return held.row


def _prices(held: Held, plan: str, interval: str) -> tuple[PlanPrice, PlanPrice]:
    """What the subscription has at Stripe, and what is wanted, in the same currency."""
    items = held.found["items"]["data"]
    known = PlanPrice.objects.select_related("plan").filter(stripe_price_id=items[0]["price"]["id"]).first()
    if known is None or len(items) > 1:
        raise UnknownSubscription
    return known, price_on_sale(plan=plan, interval=interval, currency=known.currency)


def _check(held: Held, former: PlanPrice, price: PlanPrice) -> Kind:
    """When the change would happen; raises what stands against it."""
    if (former.plan_id, former.interval) == (price.plan_id, price.interval):
        raise SamePlan
    if held.row.cancel_at is not None:
        raise SubscriptionEnding
    ranks = former.plan.rank, price.plan.rank
    to_longer = (former.interval, price.interval) == (Interval.MONTH, Interval.YEAR)
    if ranks[1] < ranks[0] or (ranks[1] == ranks[0] and not to_longer):
        return "at_period_end"
    if held.row.status in (Status.PAST_DUE, Status.UNPAID):
        raise PaymentDue
    # Invoices of a paused subscription are voided: the higher plan would be for nothing.
    if held.row.pause_behavior or held.row.status == Status.PAUSED:
        raise SubscriptionPaused
    return "now"


def _latest_moment(held: Held) -> int:
    """Now; the period's beginning for a clock that is behind Stripe's, which takes no moment before it."""
    return max(int(timezone.now().timestamp()), int(held.row.current_period_start.timestamp()))


def _check_age(held: Held, proration_date: int) -> None:
    latest = _latest_moment(held)
    begins = int(held.row.current_period_start.timestamp())
    if not max(begins, latest - PREVIEW_LIVES_S) <= proration_date <= latest + AHEAD_S:
        raise PreviewTooOld


def _settle(held: Held, former: PlanPrice, price: PlanPrice, proration_date: int) -> Change | None:
    """What became of changes that were confirmed before: the asked one is answered once more, others are closed.

    Raises PaymentsUnavailable while another one may still be under way.
    """
    there = held.found["items"]["data"][0]["price"]["id"]
    of = StripeOrder.objects.filter(user=held.user, purpose=Purpose.CHANGE, subject=held.id)
    # The last few: an earlier one is of an earlier day.
    for order in of.exclude(state=StripeOrder.State.REFUSED).order_by("-created_at")[:5]:
        wanted = order.parameters["items"][0]["price"]
        was_done = wanted == there and order.attempts > 0
        is_asked = (wanted, order.parameters["proration_date"]) == (price.stripe_price_id, proration_date)
        if order.state == StripeOrder.State.OPEN:
            if was_done:
                _note_changed(held, order, None, former)
            elif not is_asked:
                _give_up(order)
        if was_done and is_asked:
            return _done(held, price, proration_date)
    return None


def _give_up(order: StripeOrder) -> None:
    left = order.created_at + UNDER_WAY - timezone.now()
    if left > timedelta(0):
        raise outcome_unknown(int(left.total_seconds()) + 1)
    end_order(order, SUPERSEDED)


def _change_now(held: Held, former: PlanPrice, price: PlanPrice, proration_date: int) -> Change:
    asked: dict[str, Any] = {
        "items": _items(held, price),
        "proration_behavior": "always_invoice",
        "proration_date": proration_date,
        # A card that is refused leaves the subscription as it was.
        "payment_behavior": "error_if_incomplete",
        "expand": ["latest_invoice"],
    }
    order = held.place(user=held.user, purpose=Purpose.CHANGE, subject=held.id, parameters=asked)
    if order.parameters != asked:
        # Somebody confirmed something else in this moment.
        raise outcome_unknown(5)
    answer = held.ask(order)
    _note_changed(held, order, former, price)
    held.take_in(answer)
    return _done(held, price, proration_date)


def _note_changed(held: Held, order: StripeOrder, former: PlanPrice | None, price: PlanPrice) -> None:
    """What was planned for the period's end is over with it: a durable order, so that no kill leaves it standing."""
    schedule = held.found["schedule"]
    details = {"to": _named(price), **({"from": _named(former)} if former else {})}
    with transaction.atomic(durable=True):
        first = held.note(order, held.id, "plan_changed", **details)
        if not schedule or not first:
            return
        dropping = place_order(user=held.user, purpose=Purpose.UNSCHEDULE, subject=schedule, is_durable=True)
    try:
        held.perform(dropping, "plan_change_dropped")
    except (PaymentsUnavailable, GatewayRefused) as error:
        # The change is made and paid for; the job does the rest.
        log.warning("planned_change_not_dropped", order=dropping.pk, error=type(error).__name__)


def _plan_change(held: Held, former: PlanPrice, price: PlanPrice) -> Change:
    asked = {
        "price": price.stripe_price_id,
        "interval": price.interval,
        "at": int(held.row.current_period_end.timestamp()),
        "schedule": held.found["schedule"] or "",
    }
    held.perform(
        held.order(Purpose.SCHEDULE, asked), "plan_change_planned", **{"from": _named(former), "to": _named(price)}
    )
    return _later(held, price)


def _items(held: Held, price: PlanPrice) -> list[dict[str, Any]]:
    return [{"id": held.found["items"]["data"][0]["id"], "price": price.stripe_price_id}]


def _named(price: PlanPrice) -> str:
    return f"{price.plan.code}/{price.interval}"


def _later(held: Held, price: PlanPrice) -> Change:
    at = held.row.current_period_end
    return Change(
        kind="at_period_end",
        price=price,
        amount_due_minor=0,
        currency=price.currency,
        effective_at=at,
        next_amount_minor=price.amount_minor,
        later=_counting(held, price, at),
    )


def _now(held: Held, price: PlanPrice, due: int, at: int, lines: tuple[Line, ...] = ()) -> Change:
    moment = datetime.fromtimestamp(at, UTC)
    return Change(
        kind="now",
        price=price,
        amount_due_minor=due,
        currency=price.currency,
        effective_at=moment,
        next_amount_minor=price.amount_minor,
        later=_counting(held, price, moment),
        lines=lines,
        proration_date=at,
    )


def _done(held: Held, price: PlanPrice, at: int) -> Change:
    """As Stripe billed it. In a trial nothing is due, and no invoice is made."""
    invoice: Object = held.found["latest_invoice"] or {}
    is_its = invoice.get("billing_reason") == "subscription_update" and invoice["created"] >= at - AHEAD_S
    return _now(held, price, invoice["amount_due"] if is_its else 0, at)


def _counting(held: Held, price: PlanPrice, at: datetime) -> Plan:
    """Of the wanted plan and what the person has at that time without paying, the larger one."""
    return max(price.plan, plan_besides(held.user, at), key=lambda plan: plan.rank)
