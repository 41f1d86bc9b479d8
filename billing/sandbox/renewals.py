"""What time does to a subscription: trials end, periods are renewed, cancellations come true, pauses are over."""

from __future__ import annotations

from billing.sandbox import lifecycle
from billing.sandbox.clock import DAY, HOUR, add_interval
from billing.sandbox.invoices import DRAFT_FOR, close, collect, finalize, method_for
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.subscriptions import bill, whole_lines

# Stripe gives the first payment 23 hours: https://docs.stripe.com/billing/subscriptions/overview#subscription-lifecycle
EXPIRES_AFTER = 23 * HOUR
_WARNED_BEFORE = 3 * DAY


def next_due(sandbox: Sandbox, subscription: Obj) -> int | None:
    """When something happens to it next, by time alone."""
    status = subscription["status"]
    if status in (*lifecycle.ENDED, "paused"):
        return None
    if status == "incomplete":
        return int(subscription["created"]) + EXPIRES_AFTER
    moments = [subscription["items"]["data"][0]["current_period_end"]]
    if subscription["cancel_at"] is not None:
        moments.append(subscription["cancel_at"])
    if status == "trialing" and not sandbox.store.hidden(subscription["id"]).get("warned"):
        moments.append(subscription["trial_end"] - _WARNED_BEFORE)
    if pause := subscription["pause_collection"]:
        moments += [pause["resumes_at"]] if pause["resumes_at"] else []
    return int(min(moments))


def happen(sandbox: Sandbox, subscription: Obj) -> None:
    """The thing that is due now, one at a time."""
    now = sandbox.now()
    if subscription["status"] == "incomplete":
        _expire(sandbox, subscription)
    elif subscription["cancel_at"] is not None and subscription["cancel_at"] <= now:
        lifecycle.end(sandbox, subscription, "cancellation_requested")
    elif _pause_is_over(subscription, now):
        with sandbox.events.change(subscription, "customer.subscription.updated"):
            subscription["pause_collection"] = None
    elif subscription["items"]["data"][0]["current_period_end"] <= now:
        _renew(sandbox, subscription)
    else:
        sandbox.store.hidden(subscription["id"])["warned"] = True
        sandbox.events.emit("customer.subscription.trial_will_end", subscription)


def invoice_due(invoice: Obj) -> int | None:
    if invoice["status"] == "draft" and invoice["auto_advance"]:
        return invoice["automatically_finalizes_at"]  # type: ignore[no-any-return]
    return invoice["next_payment_attempt"] if invoice["status"] == "open" else None


def invoice_happen(sandbox: Sandbox, invoice: Obj) -> None:
    """A draft is finalized and charged, or an open invoice is tried again."""
    subscription = lifecycle.subscription_of(sandbox, invoice)
    customer = sandbox.store.get("customer", invoice["customer"])
    if customer is None:
        invoice.update(auto_advance=False, next_payment_attempt=None)
        return
    method = method_for(sandbox, customer, subscription)
    if invoice["status"] == "draft":
        finalize(sandbox, invoice, method["id"] if method else None)
    else:
        invoice["next_payment_attempt"] = None
    pause = subscription["pause_collection"] if subscription else None
    if invoice["status"] == "open" and pause:
        close(sandbox, invoice, "void" if pause["behavior"] == "void" else "uncollectible")
    elif invoice["status"] == "open" and invoice["collection_method"] == "charge_automatically":
        collect(sandbox, invoice, method)


def _renew(sandbox: Sandbox, subscription: Obj) -> None:
    trial_over = subscription["status"] == "trialing"
    if trial_over and not _has_method(sandbox, subscription):
        behavior = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
        if behavior == "cancel":
            lifecycle.end(sandbox, subscription, "payment_failed")
            return
        if behavior == "pause":
            with sandbox.events.change(subscription, "customer.subscription.updated"):
                subscription["status"] = "paused"
            sandbox.events.emit("customer.subscription.paused", subscription)
            return
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    with sandbox.events.change(subscription, "customer.subscription.updated"):
        if trial_over:
            subscription["status"] = "active"
        start = subscription["items"]["data"][0]["current_period_end"]
        anchor = subscription["billing_cycle_anchor"]
        end = add_interval(start, recurring["interval"], recurring["interval_count"], anchor)
        for item in subscription["items"]["data"]:
            item.update(current_period_start=start, current_period_end=end)
        invoice = bill(sandbox, subscription, whole_lines(sandbox, subscription), reason="subscription_cycle")
    _schedule(subscription, invoice)


def _schedule(subscription: Obj, invoice: Obj) -> None:
    pause = subscription["pause_collection"]
    kept = subscription["status"] == "unpaid" or (pause and pause["behavior"] == "keep_as_draft")
    invoice["auto_advance"] = not kept
    invoice["automatically_finalizes_at"] = None if kept else invoice["created"] + DRAFT_FOR


def _expire(sandbox: Sandbox, subscription: Obj) -> None:
    lifecycle.end(sandbox, subscription, "payment_failed", "incomplete_expired")
    invoice = sandbox.store.get("invoice", subscription["latest_invoice"])
    if invoice and invoice["status"] == "open":
        close(sandbox, invoice, "void")


def _has_method(sandbox: Sandbox, subscription: Obj) -> bool:
    customer = sandbox.store.need("customer", subscription["customer"])
    return method_for(sandbox, customer, subscription) is not None


def _pause_is_over(subscription: Obj, now: int) -> bool:
    pause = subscription["pause_collection"]
    return bool(pause and pause["resumes_at"] and pause["resumes_at"] <= now)
