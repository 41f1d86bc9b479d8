"""How a subscription's status follows its invoices: https://docs.stripe.com/billing/subscriptions/overview."""

from __future__ import annotations

from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj

ENDED = ("canceled", "incomplete_expired")


def subscription_of(sandbox: Sandbox, invoice: Obj) -> Obj | None:
    details = (invoice["parent"] or {}).get("subscription_details") or {}
    return sandbox.store.get("subscription", details.get("subscription"))


def follow_paid(sandbox: Sandbox, invoice: Obj) -> None:
    subscription = subscription_of(sandbox, invoice)
    if subscription is None or subscription["status"] not in ("incomplete", "past_due", "unpaid"):
        return
    if subscription["latest_invoice"] not in (invoice["id"], None) and _owes(sandbox, subscription):
        return
    with sandbox.events.change(subscription, "customer.subscription.updated"):
        subscription["status"] = "active"


def follow_failed(sandbox: Sandbox, invoice: Obj) -> None:
    subscription = subscription_of(sandbox, invoice)
    if subscription and subscription["status"] in ("active", "trialing"):
        with sandbox.events.change(subscription, "customer.subscription.updated"):
            subscription["status"] = "past_due"


def give_up(sandbox: Sandbox, invoice: Obj) -> None:
    """All retries of a renewal have failed."""
    subscription = subscription_of(sandbox, invoice)
    if subscription is None or subscription["status"] in ENDED:
        return
    if sandbox.dunning.at_last == "canceled":
        end(sandbox, subscription, "payment_failed")
    elif sandbox.dunning.at_last == "unpaid":
        with sandbox.events.change(subscription, "customer.subscription.updated"):
            subscription["status"] = "unpaid"


def end(sandbox: Sandbox, subscription: Obj, reason: str, status: str = "canceled") -> Obj:
    """For good. Its unpaid invoices stay, and nobody tries to collect them any more."""
    now = sandbox.now()
    before = {"status": subscription["status"]}
    subscription.update(
        status=status,
        canceled_at=subscription["canceled_at"] or now,
        ended_at=now,
        cancellation_details={**subscription["cancellation_details"], "reason": reason},
    )
    for invoice in sandbox.store.all("invoice", lambda one: subscription_of(sandbox, one) is subscription):
        if invoice["status"] in ("draft", "open"):
            invoice.update(auto_advance=False, next_payment_attempt=None, automatically_finalizes_at=None)
    for entry in sandbox.store.all("invoiceitem", lambda one: _is_pending_of(one, subscription)):
        sandbox.store.remove("invoiceitem", entry["id"])
    if schedule := sandbox.store.get("subscription_schedule", subscription["schedule"]):
        schedule.update(status="canceled", canceled_at=now, current_phase=None)
        sandbox.events.emit("subscription_schedule.canceled", schedule)
    if status == "canceled":
        sandbox.events.emit("customer.subscription.deleted", subscription)
    else:
        sandbox.events.emit("customer.subscription.updated", subscription, before)
    return subscription


def pending_items(sandbox: Sandbox, subscription: Obj) -> list[Obj]:
    """Oldest first."""
    return list(reversed(sandbox.store.all("invoiceitem", lambda one: _is_pending_of(one, subscription))))


def _is_pending_of(entry: Obj, subscription: Obj) -> bool:
    details = (entry["parent"] or {}).get("subscription_details") or {}
    mine = details.get("subscription") == subscription["id"]
    loose = not details and entry["customer"] == subscription["customer"]
    return entry["invoice"] is None and (mine or loose) and entry["currency"] == subscription["currency"]


def _owes(sandbox: Sandbox, subscription: Obj) -> bool:
    latest = sandbox.store.get("invoice", subscription["latest_invoice"])
    return latest is not None and latest["status"] == "open"
