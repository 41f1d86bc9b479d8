"""Subscriptions: begun, and ended. What changes in between is in `changes`, what time does is in `renewals`."""

from __future__ import annotations

from typing import Any

from billing.sandbox import lifecycle
from billing.sandbox.catalogue import amount_in, plan_of
from billing.sandbox.clock import DAY, add_interval
from billing.sandbox.discounts import is_spent, make_discounts
from billing.sandbox.errors import StripeError
from billing.sandbox.invoices import add_invoice, collect, finalize, make_invoice, method_for
from billing.sandbox.lines import Part, item_line, parts_of, period_line, proration_items
from billing.sandbox.listing import page, within
from billing.sandbox.metadata import checked
from billing.sandbox.money import check_currency
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.store import list_of, new_id

_REFUSED = ("backdate_start_date", "billing_cycle_anchor_config", "billing_thresholds", "pending_invoice_item_interval")


def create(sandbox: Sandbox, params: Obj) -> Obj:
    check_supported(params, _REFUSED)
    customer = sandbox.store.need("customer", params.get("customer", ""), "customer")
    behavior = params.get("payment_behavior", "allow_incomplete")
    saved = sandbox.store.copy()
    try:
        subscription = begin(sandbox, customer, params)
    except StripeError:
        _undo(sandbox, saved)
        raise
    automatic = subscription["collection_method"] == "charge_automatically"
    if subscription["status"] != "incomplete" or not automatic:
        return subscription
    invoice = sandbox.store.need("invoice", subscription["latest_invoice"])
    if behavior == "default_incomplete" or invoice["status"] == "paid":
        return subscription
    method = method_for(sandbox, customer, subscription)
    if method is None:
        _undo(sandbox, saved)
        raise StripeError(
            "This customer has no attached payment source or default payment method. Please consider adding a default "
            "payment method. For more information, visit "
            "https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.",
            code="resource_missing",
        )
    error = collect(sandbox, invoice, method)
    if behavior == "error_if_incomplete" and subscription["status"] == "incomplete":
        _undo(sandbox, saved)
        raise error or asks_its_owner()
    return subscription


def asks_its_owner() -> StripeError:
    """Where a card must be confirmed and nothing may be left unpaid."""
    return StripeError(
        "Payment for this subscription requires additional user action before it can be completed successfully.",
        status=402,
        type="card_error",
        code="subscription_payment_intent_requires_action",
    )


def begin(sandbox: Sandbox, customer: Obj, params: Obj) -> Obj:
    """A subscription with its first invoice open, unpaid unless nothing is due."""
    parts, currency = wanted_parts(sandbox, params.get("items"), params.get("currency") or customer["currency"])
    check_one_currency(sandbox, customer["id"], currency)
    trial_end = _trial_end(params, sandbox.now())
    method = params.get("default_payment_method")
    if method:
        sandbox.store.need("payment_method", method, "default_payment_method")
    subscription = _make(sandbox, customer, params, parts, currency, trial_end)
    customer["currency"] = customer["currency"] or currency
    discounts = make_discounts(sandbox, params.get("discounts"), customer["id"], subscription=subscription["id"])
    subscription["discounts"] = [one["id"] for one in discounts]
    sandbox.events.emit("customer.subscription.created", subscription)
    first_invoice(sandbox, subscription, customer)
    return subscription


def first_invoice(sandbox: Sandbox, subscription: Obj, customer: Obj) -> Obj:
    trial = subscription["status"] == "trialing"
    invoice = bill(
        sandbox,
        subscription,
        [_whole(sandbox, subscription, part, trial=trial) for part in parts_of(subscription)],
        reason="subscription_create",
    )
    method = method_for(sandbox, customer, subscription)
    finalize(sandbox, invoice, method["id"] if method else None)
    if subscription["collection_method"] == "send_invoice" and subscription["status"] == "incomplete":
        with sandbox.events.change(subscription, "customer.subscription.updated"):
            subscription["status"] = "active"
    return invoice


def bill(sandbox: Sandbox, subscription: Obj, lines: list[Obj], *, reason: str) -> Obj:
    """A draft with these lines and everything that is pending."""
    customer = sandbox.store.need("customer", subscription["customer"])
    pending = [item_line(sandbox, entry) for entry in lifecycle.pending_items(sandbox, subscription)]
    discounts = [sandbox.store.need("discount", id) for id in subscription["discounts"]]
    first = subscription["items"]["data"][0]
    invoice = make_invoice(
        sandbox,
        customer,
        subscription["currency"],
        [*pending, *lines],
        reason=reason,
        period=(first["current_period_start"], first["current_period_end"]),
        subscription=subscription,
        discounts=discounts,
    )
    invoice = add_invoice(sandbox, invoice)
    subscription["latest_invoice"] = invoice["id"]
    if subscription["status"] != "trialing":
        subscription["discounts"] = [one["id"] for one in discounts if not is_spent(sandbox, one)]
    return invoice


def wanted_parts(sandbox: Sandbox, given: Any, currency: str | None) -> tuple[list[Part], str]:
    """Of `items=[{price, quantity}]`: one currency, one interval, active recurring prices."""
    if not given:
        raise StripeError("Missing required param: items.", code="parameter_missing", param="items")
    parts = []
    for place, one in enumerate(given):
        price = need_price(sandbox, one, f"items[{place}]")
        parts.append(Part(None, price, one.get("quantity", 1)))
    found = check_currency(currency) if currency else parts[0].price["currency"]
    check_parts(parts, found)
    return parts, found


def need_price(sandbox: Sandbox, given: Obj, param: str) -> Obj:
    if "price" not in given:
        raise StripeError(f"Missing required param: {param}[price].", code="parameter_missing", param=f"{param}[price]")
    price = sandbox.store.need("price", given["price"], f"{param}[price]")
    if not price["active"]:
        raise StripeError(
            f"The price specified is inactive. This field only accepts active prices. ({price['id']})",
            param=f"{param}[price]",
        )
    if price["type"] != "recurring":
        raise StripeError(
            f"The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`. "
            f"({price['id']})",
            param=f"{param}[price]",
        )
    return price


def check_parts(parts: list[Part], currency: str) -> None:
    for part in parts:
        amount_in(part.price, currency, "items")
        if not part.renews_with(parts[0]):
            raise StripeError("The sandbox wants one billing interval for all items of a subscription.", param="items")


def check_one_currency(sandbox: Sandbox, customer: str, currency: str) -> None:
    """https://docs.stripe.com/billing/customer#multiple-currencies."""
    for one in sandbox.store.all("subscription", lambda one: one["customer"] == customer):
        if one["status"] not in lifecycle.ENDED and one["currency"] != currency:
            raise StripeError(
                "You cannot combine currencies on a single customer. This customer has an active subscription, "
                f"subscription schedule, discount, quote, or invoice item with currency {one['currency']}",
                param="currency",
            )


def make_item(sandbox: Sandbox, subscription: str, currency: str, part: Part, period: tuple[int, int]) -> Obj:
    return sandbox.store.add(
        "subscription_item",
        {
            "billing_thresholds": None,
            "current_period_start": period[0],
            "current_period_end": period[1],
            "discounts": [],
            "plan": plan_of(part.price, currency),
            "price": part.price,
            "quantity": part.quantity,
            "subscription": subscription,
            "tax_rates": [],
        },
    )


def cancel(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    """At once."""
    subscription = sandbox.store.need("subscription", id)
    if subscription["status"] in lifecycle.ENDED:
        raise StripeError(f"No such subscription: '{id}'", status=404, code="resource_missing", param="id")
    details = params.get("cancellation_details") or {}
    subscription["cancellation_details"] = {**subscription["cancellation_details"], **details}
    now = sandbox.now()
    if params.get("prorate") and subscription["status"] == "active":
        for entry in proration_items(sandbox, subscription, parts_of(subscription), [], now, whole=True):
            sandbox.store.add("invoiceitem", entry)
    if params.get("invoice_now") and lifecycle.pending_items(sandbox, subscription):
        invoice = bill(sandbox, subscription, [], reason="subscription_update")
        finalize(sandbox, invoice)
        if invoice["status"] == "open":
            customer = sandbox.store.need("customer", subscription["customer"])
            collect(sandbox, invoice, method_for(sandbox, customer, subscription))
    return lifecycle.end(sandbox, subscription, "cancellation_requested")


def cancel_all_of(sandbox: Sandbox, customer: str) -> None:
    """Before the customer is deleted."""
    for one in sandbox.store.all("subscription", lambda one: one["customer"] == customer):
        if one["status"] not in lifecycle.ENDED:
            lifecycle.end(sandbox, one, "cancellation_requested")


def list_subscriptions(sandbox: Sandbox, params: Obj) -> Obj:
    """Without a status: all that are not canceled."""
    status = params.get("status")

    def wanted(one: Obj) -> bool:
        items = one["items"]["data"]
        return (
            (one["status"] != "canceled" if status is None else _has_status(one, status))
            and all(one[name] == params[name] for name in ("customer", "collection_method") if name in params)
            and ("price" not in params or any(item["price"]["id"] == params["price"] for item in items))
            and ("created" not in params or within(one["created"], params["created"]))
        )

    return page(sandbox.store.all("subscription", wanted), params, "/v1/subscriptions")


def list_items(sandbox: Sandbox, params: Obj) -> Obj:
    subscription = sandbox.store.need("subscription", params["subscription"], "subscription")
    return page(subscription["items"]["data"], params, "/v1/subscription_items")


def check_supported(params: Obj, refused: tuple[str, ...]) -> None:
    """Better an error than a parameter that is taken and does nothing to the money."""
    for name in refused:
        if params.get(name):
            raise StripeError(f"The sandbox does not know what Stripe does with {name}.", param=name)


def _has_status(subscription: Obj, status: str) -> bool:
    if status == "all":
        return True
    return subscription["status"] in (lifecycle.ENDED if status == "ended" else (status,))


def _trial_end(params: Obj, now: int) -> int | None:
    given = params.get("trial_end")
    if isinstance(given, int):
        if given <= now:
            raise StripeError("trial_end must be in the future", param="trial_end")
        return given
    days = params.get("trial_period_days")
    if days is not None and not 0 <= days <= 730:
        raise StripeError("Trial periods are at most 730 days", param="trial_period_days")
    return now + days * DAY if days and given != "now" else None


def _make(sandbox: Sandbox, customer: Obj, params: Obj, parts: list[Part], currency: str, trial_end: int | None) -> Obj:
    id, now = new_id("subscription"), sandbox.now()
    recurring = parts[0].price["recurring"]
    end = trial_end or add_interval(now, recurring["interval"], recurring["interval_count"])
    items = [make_item(sandbox, id, currency, part, (now, end)) for part in parts]
    taxed = params.get("automatic_tax", {}).get("enabled", False)
    payment = {"save_default_payment_method": "off", **params.get("payment_settings", {})}
    behavior = params.get("trial_settings", {}).get("end_behavior", {"missing_payment_method": "create_invoice"})
    return sandbox.store.add(
        "subscription",
        {
            "id": id,
            "automatic_tax": {"enabled": taxed, "liability": {"type": "self"} if taxed else None},
            "billing_cycle_anchor": trial_end or now,
            "billing_mode": {"type": params.get("billing_mode", {}).get("type", "flexible")},
            "billing_schedules": [],
            **_ending(params, now, end),
            "cancellation_details": {},
            "collection_method": params.get("collection_method", "charge_automatically"),
            "currency": currency,
            "customer": customer["id"],
            "default_payment_method": params.get("default_payment_method"),
            "default_tax_rates": [],
            "days_until_due": params.get("days_until_due"),
            "description": params.get("description"),
            "discounts": [],
            "invoice_settings": {"issuer": {"type": "self"}},
            "items": list_of(items, f"/v1/subscription_items?subscription={id}", total_count=len(items)),
            "metadata": checked(params.get("metadata")),
            "payment_settings": payment,
            "start_date": now,
            "status": "trialing" if trial_end else "incomplete",
            "trial_end": trial_end,
            "trial_settings": {"end_behavior": behavior},
            "trial_start": now if trial_end else None,
        },
    )


def _ending(params: Obj, now: int, period_end: int) -> Obj:
    """When it will end, if that is known from the beginning."""
    ends, at = params.get("cancel_at_period_end", False), params.get("cancel_at")
    moment = period_end if ends or at in ("min_period_end", "max_period_end") else at
    return {"cancel_at": moment, "cancel_at_period_end": ends, "canceled_at": now if moment else None}


def _whole(sandbox: Sandbox, subscription: Obj, part: Part, *, trial: bool) -> Obj:
    first = subscription["items"]["data"][0]
    period = (first["current_period_start"], first["current_period_end"])
    return period_line(sandbox, subscription["id"], part, subscription["currency"], period, trial=trial)


def whole_lines(sandbox: Sandbox, subscription: Obj) -> list[Obj]:
    """The present period of every part."""
    trial = subscription["status"] == "trialing"
    return [_whole(sandbox, subscription, part, trial=trial) for part in parts_of(subscription)]


def _undo(sandbox: Sandbox, saved: Any) -> None:
    sandbox.store.restore(saved)
    sandbox.events.take_back()
