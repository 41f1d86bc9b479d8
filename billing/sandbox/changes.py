"""Changes of a running subscription: other prices with proration, cancel at the period's end, pause, trial, and back."""

from __future__ import annotations

from dataclasses import replace

from billing.sandbox import lifecycle
from billing.sandbox.catalogue import plan_of
from billing.sandbox.clock import add_interval
from billing.sandbox.discounts import make_discounts
from billing.sandbox.errors import StripeError
from billing.sandbox.invoices import collect, finalize, method_for
from billing.sandbox.lines import Part, parts_of, proration_items
from billing.sandbox.metadata import update_plain
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.subscriptions import (
    asks_its_owner,
    bill,
    check_parts,
    check_supported,
    make_item,
    need_price,
    whole_lines,
)

_PLAIN = ("collection_method", "days_until_due", "description", "payment_settings", "trial_settings")
_REFUSED = ("add_invoice_items", "billing_thresholds", "pending_invoice_item_interval")


def update(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    check_supported(params, _REFUSED)
    subscription = sandbox.store.need("subscription", id)
    _check_changeable(subscription, params)
    if params.get("payment_behavior") == "pending_if_incomplete":
        raise StripeError("The sandbox does not know pending updates.", param="payment_behavior")
    billed_before = subscription["latest_invoice"]
    saved = sandbox.store.copy() if params.get("payment_behavior") == "error_if_incomplete" else None
    after = changed_parts(sandbox, subscription, params["items"]) if "items" in params else None
    with sandbox.events.change(subscription, "customer.subscription.updated"):
        _update_fields(sandbox, subscription, params)
        if "trial_end" in params:
            _move_trial(sandbox, subscription, params["trial_end"])
        anchor_now = params.get("billing_cycle_anchor") == "now"
        error = None
        if after is not None or anchor_now:
            error = change_items(
                sandbox,
                subscription,
                after if after is not None else parts_of(subscription),
                params.get("proration_behavior", "create_prorations"),
                at=params.get("proration_date") or sandbox.now(),
                restart=anchor_now,
            )
    if saved and (error or _is_unpaid(sandbox, subscription, billed_before)):
        sandbox.store.restore(saved)
        sandbox.events.take_back()
        raise error or asks_its_owner()
    return subscription


def _is_unpaid(sandbox: Sandbox, subscription: Obj, billed_before: str | None) -> bool:
    """Whether this change made an invoice whose card waits for its owner."""
    if subscription["latest_invoice"] == billed_before or subscription["collection_method"] == "send_invoice":
        return False
    return bool(sandbox.store.need("invoice", subscription["latest_invoice"])["status"] == "open")


def change_items(
    sandbox: Sandbox, subscription: Obj, after: list[Part], behavior: str, *, at: int, restart: bool = False
) -> StripeError | None:
    """Puts other parts in place and bills the difference as `behavior` says; a new interval begins a new period and is
    billed at once. Returns why the card was not charged."""
    before = parts_of(subscription)
    restart = restart or not after[0].renews_with(before[0])
    trial = subscription["status"] == "trialing"
    if behavior != "none" and not trial:
        for entry in proration_items(sandbox, subscription, before, after, at, whole=restart):
            sandbox.store.add("invoiceitem", entry)
            sandbox.events.emit("invoiceitem.created", entry)
    set_parts(sandbox, subscription, after)
    if trial:
        return None
    if restart:
        restart_period(sandbox, subscription)
        return _bill_now(sandbox, subscription, whole_lines(sandbox, subscription))
    if behavior == "always_invoice" and lifecycle.pending_items(sandbox, subscription):
        return _bill_now(sandbox, subscription, [])
    return None


def changed_parts(sandbox: Sandbox, subscription: Obj, given: list[Obj]) -> list[Part]:
    """What the subscription will have: items are named by id; one without an id is added."""
    parts = {part.item: part for part in parts_of(subscription)}
    added = []
    for place, one in enumerate(given):
        param = f"items[{place}]"
        if "id" not in one:
            added.append(Part(None, need_price(sandbox, one, param), one.get("quantity", 1)))
            continue
        if one["id"] not in parts:
            sandbox.store.need("subscription_item", one["id"], f"{param}[id]")
            raise StripeError("The subscription item is of another subscription.", param=f"{param}[id]")
        if one.get("deleted"):
            del parts[one["id"]]
            continue
        part = parts[one["id"]]
        price = need_price(sandbox, one, param) if "price" in one else part.price
        parts[one["id"]] = replace(part, price=price, quantity=one.get("quantity", part.quantity))
    found = [*parts.values(), *added]
    if not found:
        raise StripeError("A subscription must have at least one active plan.", param="items")
    check_parts(found, subscription["currency"])
    return found


def set_parts(sandbox: Sandbox, subscription: Obj, after: list[Part]) -> None:
    first = subscription["items"]["data"][0]
    period = (first["current_period_start"], first["current_period_end"])
    items = []
    for part in after:
        if part.item is None:
            items.append(make_item(sandbox, subscription["id"], subscription["currency"], part, period))
            continue
        item = sandbox.store.need("subscription_item", part.item)
        item.update(price=part.price, plan=plan_of(part.price, subscription["currency"]), quantity=part.quantity)
        items.append(item)
    for gone in subscription["items"]["data"]:
        if all(gone["id"] != item["id"] for item in items):
            sandbox.store.remove("subscription_item", gone["id"])
    subscription["items"] = {**subscription["items"], "data": items, "total_count": len(items)}


def restart_period(sandbox: Sandbox, subscription: Obj) -> None:
    now = sandbox.now()
    subscription["billing_cycle_anchor"] = now
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    end = add_interval(now, recurring["interval"], recurring["interval_count"])
    for item in subscription["items"]["data"]:
        item.update(current_period_start=now, current_period_end=end)


def resume(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    """Of a subscription that paused because its trial ended without a payment method."""
    subscription = sandbox.store.need("subscription", id)
    if subscription["status"] != "paused":
        raise StripeError(f"This subscription isn't paused ({subscription['status']}), so it cannot be resumed.")
    with sandbox.events.change(subscription, "customer.subscription.updated"):
        subscription["status"] = "active"
        restart_period(sandbox, subscription)
        _bill_now(sandbox, subscription, whole_lines(sandbox, subscription))
    sandbox.events.emit("customer.subscription.resumed", subscription)
    return subscription


def delete_discount(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    subscription = sandbox.store.need("subscription", id)
    if not subscription["discounts"]:
        raise StripeError("No active discount for subscription.", status=404, code="resource_missing")
    discount = sandbox.store.need("discount", subscription["discounts"][0])
    with sandbox.events.change(subscription, "customer.subscription.updated"):
        subscription["discounts"] = []
    sandbox.events.emit("customer.discount.deleted", discount)
    return {**discount, "deleted": True}


def _update_fields(sandbox: Sandbox, subscription: Obj, params: Obj) -> None:
    # What can be refused comes first: a refused request changes nothing.
    if method := params.get("default_payment_method"):
        found = sandbox.store.need("payment_method", method, "default_payment_method")
        if found["customer"] != subscription["customer"]:
            raise StripeError(
                "The payment method must be attached to the customer.",
                code="resource_missing",
                param="default_payment_method",
            )
    _update_end(sandbox, subscription, params)
    if "discounts" in params:
        made = make_discounts(sandbox, params["discounts"], subscription["customer"], subscription=subscription["id"])
        subscription["discounts"] = [one["id"] for one in made]
    update_plain(subscription, params, _PLAIN)
    if "default_payment_method" in params:
        subscription["default_payment_method"] = params["default_payment_method"] or None
    if "automatic_tax" in params:
        subscription["automatic_tax"] = {**subscription["automatic_tax"], **params["automatic_tax"]}
    if "cancellation_details" in params:
        subscription["cancellation_details"] = {
            **subscription["cancellation_details"],
            **(params["cancellation_details"] or {}),
        }
    if "pause_collection" in params:
        given = params["pause_collection"]
        subscription["pause_collection"] = {"resumes_at": None, **given} if given else None


def _update_end(sandbox: Sandbox, subscription: Obj, params: Obj) -> None:
    if params.get("cancel_at_period_end") is not None and params.get("cancel_at") not in (None, ""):
        raise StripeError("You may only specify one of these: cancel_at_period_end, cancel_at.", param="cancel_at")
    end = subscription["items"]["data"][0]["current_period_end"]
    if "cancel_at_period_end" in params:
        ends = params["cancel_at_period_end"]
        subscription.update(cancel_at_period_end=ends, cancel_at=end if ends else None)
    if "cancel_at" in params:
        given = params["cancel_at"]
        moment = end if given in ("min_period_end", "max_period_end") else given
        subscription.update(cancel_at=moment or None, cancel_at_period_end=False)
    if subscription["cancel_at"] is None:
        subscription["canceled_at"] = None
        subscription["cancellation_details"] = {**subscription["cancellation_details"], "reason": None}
    elif "cancel_at" in params or "cancel_at_period_end" in params:
        subscription["canceled_at"] = sandbox.now()
        details = {**subscription["cancellation_details"], "reason": "cancellation_requested"}
        subscription["cancellation_details"] = details


def _move_trial(sandbox: Sandbox, subscription: Obj, end: int | str) -> None:
    """A later or earlier end; "now" ends the trial and begins the first paid period."""
    now = sandbox.now()
    if end == "now" or (isinstance(end, int) and end <= now):
        if subscription["status"] == "trialing":
            subscription.update(status="active", trial_end=now)
            restart_period(sandbox, subscription)
            _bill_now(sandbox, subscription, whole_lines(sandbox, subscription))
        return
    sandbox.store.hidden(subscription["id"])["warned"] = False
    subscription.update(
        status="trialing", trial_end=end, trial_start=subscription["trial_start"] or now, billing_cycle_anchor=end
    )
    for item in subscription["items"]["data"]:
        item["current_period_end"] = end


def _bill_now(sandbox: Sandbox, subscription: Obj, lines: list[Obj]) -> StripeError | None:
    invoice = bill(sandbox, subscription, lines, reason="subscription_update")
    customer = sandbox.store.need("customer", subscription["customer"])
    method = method_for(sandbox, customer, subscription)
    finalize(sandbox, invoice, method["id"] if method else None)
    if invoice["status"] != "open" or subscription["collection_method"] == "send_invoice":
        return None
    return collect(sandbox, invoice, method)


def _check_changeable(subscription: Obj, params: Obj) -> None:
    if subscription["schedule"] and {"cancel_at", "cancel_at_period_end"} & set(params):
        raise StripeError(
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and updating any "
            "cancelation behavior directly is not allowed. Please update the schedule instead.",
        )
    harmless = {"metadata", "cancellation_details", "expand"}
    if subscription["status"] in lifecycle.ENDED and set(params) - harmless:
        raise StripeError(
            "A canceled subscription can only update its cancellation_details and metadata.",
            code="resource_missing" if subscription["status"] == "incomplete_expired" else None,
        )
