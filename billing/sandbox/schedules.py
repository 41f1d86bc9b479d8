"""Subscription schedules: other prices from a moment on, as a downgrade at the period's end."""

from __future__ import annotations

from billing.sandbox import lifecycle
from billing.sandbox.changes import change_items, set_parts
from billing.sandbox.clock import add_interval
from billing.sandbox.errors import StripeError
from billing.sandbox.lines import Part, parts_of
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.subscriptions import check_parts, need_price


def create(sandbox: Sandbox, params: Obj) -> Obj:
    if "from_subscription" not in params:
        raise StripeError("The sandbox makes schedules of subscriptions only.", param="from_subscription")
    if "phases" in params:
        raise StripeError("You cannot set `phases` if `from_subscription` is set.", param="phases")
    subscription = sandbox.store.need("subscription", params["from_subscription"], "from_subscription")
    if subscription["schedule"]:
        raise StripeError("You cannot migrate a subscription that is already attached to a schedule.")
    if subscription["status"] in lifecycle.ENDED:
        raise StripeError("You cannot make a schedule of a subscription that has ended.", param="from_subscription")
    first = subscription["items"]["data"][0]
    items = [_item(part) for part in parts_of(subscription)]
    phase = _phase(subscription, items, first["current_period_start"], first["current_period_end"], "create_prorations")
    schedule = sandbox.store.add(
        "subscription_schedule",
        {
            "billing_mode": subscription["billing_mode"],
            "current_phase": {"start_date": phase["start_date"], "end_date": phase["end_date"]},
            "customer": subscription["customer"],
            "default_settings": {
                "billing_cycle_anchor": "automatic",
                "collection_method": subscription["collection_method"],
                "invoice_settings": {"issuer": {"type": "self"}},
            },
            "end_behavior": params.get("end_behavior", "release"),
            "metadata": checked(params.get("metadata")),
            "phases": [phase],
            "status": "active",
            "subscription": subscription["id"],
        },
    )
    sandbox.events.emit("subscription_schedule.created", schedule)
    with sandbox.events.change(subscription, "customer.subscription.updated"):
        subscription["schedule"] = schedule["id"]
    return schedule


def update(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    schedule = _need_active(sandbox, id)
    phases = _phases(sandbox, schedule, params["phases"]) if "phases" in params else schedule["phases"]
    with sandbox.events.change(schedule, "subscription_schedule.updated"):
        schedule["phases"] = phases
        update_plain(schedule, params, ("end_behavior",))
        current = _current(schedule, sandbox.now())
        schedule["current_phase"] = {name: current[name] for name in ("start_date", "end_date")}
    return schedule


def release(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    """The subscription goes on as it is."""
    schedule = _need_active(sandbox, id)
    subscription = sandbox.store.need("subscription", schedule["subscription"])
    schedule.update(
        status="released",
        released_at=sandbox.now(),
        released_subscription=subscription["id"],
        subscription=None,
        current_phase=None,
    )
    sandbox.events.emit("subscription_schedule.released", schedule)
    with sandbox.events.change(subscription, "customer.subscription.updated"):
        subscription["schedule"] = None
    return schedule


def cancel(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    """The subscription ends with it."""
    schedule = _need_active(sandbox, id)
    lifecycle.end(sandbox, sandbox.store.need("subscription", schedule["subscription"]), "cancellation_requested")
    return schedule


def next_due(schedule: Obj) -> int | None:
    return int(schedule["current_phase"]["end_date"]) if schedule["status"] == "active" else None


def happen(sandbox: Sandbox, schedule: Obj) -> None:
    """The present phase is over: the next one begins, or the schedule is done."""
    now = sandbox.now()
    subscription = sandbox.store.need("subscription", schedule["subscription"])
    following = [phase for phase in schedule["phases"] if phase["start_date"] >= schedule["current_phase"]["end_date"]]
    if not following:
        if schedule["end_behavior"] == "cancel":
            lifecycle.end(sandbox, subscription, "cancellation_requested")
        else:
            release(sandbox, {}, schedule["id"])
        return
    phase = following[0]
    with sandbox.events.change(schedule, "subscription_schedule.updated"):
        schedule["current_phase"] = {name: phase[name] for name in ("start_date", "end_date")}
    after = _parts(sandbox, subscription, phase["items"])
    with sandbox.events.change(subscription, "customer.subscription.updated"):
        if subscription["items"]["data"][0]["current_period_end"] <= now:
            # The renewal, which comes next, bills the new prices in full.
            set_parts(sandbox, subscription, after)
        else:
            change_items(sandbox, subscription, after, phase["proration_behavior"], at=now)


def _parts(sandbox: Sandbox, subscription: Obj, items: list[Obj]) -> list[Part]:
    """The subscription's items are kept, in their order, as Stripe keeps them where it can."""
    known = [part.item for part in parts_of(subscription)]
    ids = [*known[: len(items)], *[None] * (len(items) - len(known))]
    return [
        Part(id, sandbox.store.need("price", one["price"]), one["quantity"]) for id, one in zip(ids, items, strict=True)
    ]


def _phases(sandbox: Sandbox, schedule: Obj, given: list[Obj]) -> list[Obj]:
    subscription = sandbox.store.need("subscription", schedule["subscription"])
    start = schedule["current_phase"]["start_date"]
    phases: list[Obj] = []
    for place, one in enumerate(given):
        param = f"phases[{place}]"
        begins = one.get("start_date", start)
        if begins == "now":
            begins = sandbox.now()
        if begins != start and (place == 0 or begins != phases[-1]["end_date"]):
            raise StripeError("Phases must follow each other without a gap.", param=f"{param}[start_date]")
        items = [
            _item(Part(None, need_price(sandbox, item, f"{param}[items][{number}]"), item.get("quantity", 1)))
            for number, item in enumerate(one["items"])
        ]
        parts = _parts(sandbox, subscription, items)
        check_parts(parts, subscription["currency"])
        end = _end(sandbox, one, parts[0], begins, param)
        phases.append(_phase(subscription, items, begins, end, one.get("proration_behavior", "create_prorations")))
        start = end
    if not phases or not any(phase["start_date"] <= sandbox.now() < phase["end_date"] for phase in phases):
        raise StripeError("You must keep the current phase of the schedule.", param="phases")
    return phases


def _end(sandbox: Sandbox, phase: Obj, part: Part, begins: int, param: str) -> int:
    if isinstance(phase.get("end_date"), int):
        end: int = phase["end_date"]
    elif phase.get("end_date") == "now":
        end = sandbox.now()
    elif duration := phase.get("duration"):
        end = add_interval(begins, duration["interval"], duration.get("interval_count", 1))
    else:
        end = add_interval(begins, part.price["recurring"]["interval"], part.price["recurring"]["interval_count"])
    if end <= begins:
        raise StripeError("A phase must end after its start.", param=f"{param}[end_date]")
    return end


def _phase(subscription: Obj, items: list[Obj], start: int, end: int, behavior: str) -> Obj:
    return {
        "add_invoice_items": [],
        "currency": subscription["currency"],
        "discounts": [],
        "end_date": end,
        "items": items,
        "metadata": {},
        "proration_behavior": behavior,
        "start_date": start,
    }


def _item(part: Part) -> Obj:
    plain: Obj = {"discounts": [], "metadata": {}, "tax_rates": [], "billing_thresholds": None}
    return {**plain, "plan": part.price["id"], "price": part.price["id"], "quantity": part.quantity}


def _current(schedule: Obj, now: int) -> Obj:
    return next(phase for phase in schedule["phases"] if phase["start_date"] <= now < phase["end_date"])


def _need_active(sandbox: Sandbox, id: str) -> Obj:
    schedule = sandbox.store.need("subscription_schedule", id)
    if schedule["status"] != "active":
        raise StripeError(f"The schedule is {schedule['status']} and cannot be changed.")
    return schedule
