"""`invoices/create_preview`: what a change would cost, before anybody confirms it."""

from __future__ import annotations

from typing import Any

from billing.sandbox import lifecycle
from billing.sandbox.changes import changed_parts
from billing.sandbox.clock import DAY, add_interval
from billing.sandbox.discounts import is_spent, make_discounts
from billing.sandbox.errors import StripeError
from billing.sandbox.invoices import make_invoice
from billing.sandbox.lines import Part, item_line, parts_of, period_line, proration_items
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.subscriptions import check_supported, wanted_parts


def create_preview(sandbox: Sandbox, params: Obj) -> Obj:
    """Nothing is kept, not even the use of a coupon."""
    check_supported(params, ("schedule", "schedule_details", "invoice_items"))
    saved = sandbox.store.copy()
    try:
        if "subscription" in params:
            subscription = sandbox.store.need("subscription", params["subscription"], "subscription")
            return _of_change(sandbox, subscription, params)
        return _of_new(sandbox, params)
    finally:
        sandbox.store.restore(saved)
        sandbox.events.take_back()


def _of_new(sandbox: Sandbox, params: Obj) -> Obj:
    customer = sandbox.store.need("customer", params.get("customer", ""), "customer")
    details = params.get("subscription_details", {})
    currency = params.get("currency") or customer["currency"]
    parts, found = wanted_parts(sandbox, details.get("items"), currency)
    now = sandbox.now()
    trial_end = details.get("trial_end")
    period = (now, trial_end if isinstance(trial_end, int) else _end(parts[0], now))
    trial = isinstance(trial_end, int)
    lines = [period_line(sandbox, None, part, found, period, trial=trial) for part in parts]
    discounts = make_discounts(sandbox, params.get("discounts"), customer["id"])
    return _invoice(sandbox, customer, found, lines, discounts, None, period)


def _of_change(sandbox: Sandbox, subscription: Obj, params: Obj) -> Obj:
    if subscription["status"] in lifecycle.ENDED:
        raise StripeError("No upcoming invoices for customer", code="invoice_upcoming_none", status=404)
    details = params.get("subscription_details", {})
    before = parts_of(subscription)
    after = changed_parts(sandbox, subscription, details["items"]) if "items" in details else before
    at = details.get("proration_date") or sandbox.now()
    behavior = details.get("proration_behavior", "create_prorations")
    restart = details.get("billing_cycle_anchor") == "now" or not after[0].renews_with(before[0])
    stopping = details.get("cancel_now") or (
        "items" not in details and (subscription["cancel_at"] or details.get("cancel_at_period_end"))
    )
    pending = lifecycle.pending_items(sandbox, subscription)
    if details.get("cancel_now"):
        after = []
    if behavior != "none" and subscription["status"] != "trialing":
        pending += proration_items(sandbox, subscription, before, after, at, whole=restart or not after)
    if stopping and not pending:
        raise StripeError("No upcoming invoices for customer", code="invoice_upcoming_none", status=404)
    lines = [item_line(sandbox, entry) for entry in pending]
    start = at if restart else subscription["items"]["data"][0]["current_period_end"]
    period = (start, _end((after or before)[0], start, subscription["billing_cycle_anchor"] if not restart else None))
    if not stopping and (restart or behavior != "always_invoice" or after is before):
        currency = subscription["currency"]
        lines += [period_line(sandbox, subscription["id"], part, currency, period) for part in after]
    customer = sandbox.store.need("customer", subscription["customer"])
    return _invoice(
        sandbox,
        customer,
        subscription["currency"],
        lines,
        _discounts(sandbox, subscription, params),
        subscription,
        period,
    )


def _discounts(sandbox: Sandbox, subscription: Obj, params: Obj) -> list[Obj]:
    if "discounts" in params:
        return make_discounts(sandbox, params["discounts"], subscription["customer"])
    stored = [sandbox.store.need("discount", id) for id in subscription["discounts"]]
    return [one for one in stored if subscription["status"] == "trialing" or not is_spent(sandbox, one)]


def _invoice(
    sandbox: Sandbox,
    customer: Obj,
    currency: str,
    lines: list[Obj],
    discounts: list[Obj],
    subscription: Obj | None,
    period: tuple[int, int],
) -> Obj:
    invoice = make_invoice(
        sandbox,
        customer,
        currency,
        lines,
        reason="upcoming",
        period=period,
        subscription=subscription,
        discounts=discounts,
    )
    invoice["id"] = f"upcoming_{invoice['id']}"
    invoice["next_payment_attempt"] = max(sandbox.now(), period[0]) + DAY // 24
    return invoice


def _end(part: Part, start: int, anchor: Any = None) -> int:
    recurring = part.price["recurring"]
    return add_interval(start, recurring["interval"], recurring["interval_count"], anchor)
