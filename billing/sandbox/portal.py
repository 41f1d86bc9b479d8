"""Billing portal: https://docs.stripe.com/customer-management."""

from __future__ import annotations

from billing.sandbox import changes, lifecycle
from billing.sandbox.cards import attach_to, expiry_of, make_method, must_ask
from billing.sandbox.errors import StripeError
from billing.sandbox.invoices import collect
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.store import token


def create_configuration(sandbox: Sandbox, params: Obj) -> Obj:
    given = params.get("features", {})
    cancel, change = given.get("subscription_cancel", {}), given.get("subscription_update", {})
    reasons = {"enabled": False, "feedback_options": [], "options": [], **cancel.get("cancellation_reason", {})}
    features = {
        "customer_update": {"allowed_updates": [], "enabled": False, **given.get("customer_update", {})},
        "invoice_history": {"enabled": False, **given.get("invoice_history", {})},
        "payment_method_update": {"enabled": False, **given.get("payment_method_update", {})},
        "subscription_cancel": {
            "enabled": False,
            "mode": "at_period_end",
            "proration_behavior": "none",
            **cancel,
            "cancellation_reason": reasons,
        },
        "subscription_update": {
            "default_allowed_updates": [],
            "enabled": False,
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "continue_trial",
            **change,
        },
    }
    return sandbox.store.add(
        "billing_portal.configuration",
        {
            "active": True,
            "business_profile": params.get("business_profile", {}),
            "default_return_url": params.get("default_return_url"),
            "features": features,
            "is_default": not sandbox.store.all("billing_portal.configuration"),
            "login_page": {"enabled": False},
            "metadata": checked(params.get("metadata")),
            "name": params.get("name"),
            "updated": sandbox.now(),
        },
    )


def update_configuration(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    configuration = sandbox.store.need("billing_portal.configuration", id)
    update_plain(configuration, params, ("active", "business_profile", "default_return_url", "name"))
    for name, feature in params.get("features", {}).items():
        configuration["features"][name].update(feature)
    configuration["updated"] = sandbox.now()
    return configuration


def create_session(sandbox: Sandbox, params: Obj) -> Obj:
    customer = params.get("customer")
    if not customer:
        raise StripeError("Missing required param: customer.", code="parameter_missing", param="customer")
    sandbox.store.need("customer", customer, "customer")
    given = params.get("configuration")
    configuration = sandbox.store.need("billing_portal.configuration", given, "configuration") if given else None
    return_url = params.get("return_url")
    if return_url and not return_url.startswith(("http://", "https://")):
        raise StripeError("Not a valid URL", code="url_invalid", param="return_url")
    return sandbox.store.add(
        "billing_portal.session",
        {
            "configuration": (configuration or _default(sandbox))["id"],
            "customer": customer,
            "return_url": return_url,
            "locale": params.get("locale"),
            "on_behalf_of": None,
            "url": f"{sandbox.base_url}/portal/{token()}",
        },
    )


def session_of(sandbox: Sandbox, secret: str) -> Obj | None:
    """The session of a page's address."""
    return next(iter(sandbox.store.all("billing_portal.session", lambda one: one["url"].endswith(f"/{secret}"))), None)


def replace_card(sandbox: Sandbox, customer: Obj, number: str, *, expiry: str = "", asked: bool = False) -> bool:
    """The new default, with which unpaid invoices are tried at once. False if its owner must confirm it first."""
    method = make_method(sandbox, number, **expiry_of(sandbox, expiry))
    if must_ask(sandbox, method) and not asked:
        sandbox.store.remove("payment_method", method["id"])
        return False
    sandbox.store.hidden(method["id"])["confirmed"] = asked
    try:
        attach_to(sandbox, method, customer["id"])
    except StripeError:
        sandbox.store.remove("payment_method", method["id"])
        raise
    with sandbox.events.change(customer, "customer.updated"):
        customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": method["id"]}
    for subscription in live_subscriptions(sandbox, customer["id"]):
        with sandbox.events.change(subscription, "customer.subscription.updated"):
            subscription["default_payment_method"] = method["id"]
    for invoice in reversed(sandbox.store.all("invoice", lambda one: one["customer"] == customer["id"])):
        subscription_of = lifecycle.subscription_of(sandbox, invoice)
        ended = subscription_of is not None and subscription_of["status"] in lifecycle.ENDED
        if invoice["status"] == "open" and not ended:
            collect(sandbox, invoice, method, asked=asked)
    return True


def live_subscriptions(sandbox: Sandbox, customer: str) -> list[Obj]:
    return sandbox.store.all(
        "subscription", lambda one: one["customer"] == customer and one["status"] not in lifecycle.ENDED
    )


def set_ending(sandbox: Sandbox, customer: Obj, subscription: str, *, ends: bool) -> None:
    found = sandbox.store.need("subscription", subscription)
    if found["customer"] != customer["id"]:
        raise StripeError("This subscription is another customer's.", status=404)
    changes.update(sandbox, {"cancel_at_period_end": ends}, subscription)


def _default(sandbox: Sandbox) -> Obj:
    found = sandbox.store.all("billing_portal.configuration", lambda one: one["is_default"])
    if found:
        return found[0]
    features = {
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True},
    }
    return create_configuration(sandbox, {"features": features})
