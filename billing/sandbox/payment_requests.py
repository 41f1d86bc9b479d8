"""What can be asked of payment intents and charges: https://docs.stripe.com/api/payment_intents."""

from __future__ import annotations

from billing.sandbox.cards import attach_to, need_method
from billing.sandbox.errors import StripeError
from billing.sandbox.invoices import settle_intent
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.money import check_currency
from billing.sandbox.payments import cancel, check_open, confirm, open_intent
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj


def create_intent(sandbox: Sandbox, params: Obj) -> Obj:
    if params["amount"] < 1:
        raise StripeError(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if params.get("capture_method") == "manual":
        raise StripeError("The sandbox does not know manual capture.", param="capture_method")
    customer = params.get("customer")
    if customer:
        sandbox.store.need("customer", customer, "customer")
    method = need_method(sandbox, params["payment_method"], "payment_method") if "payment_method" in params else None
    intent = open_intent(
        sandbox,
        amount=params["amount"],
        currency=check_currency(params["currency"]),
        customer=customer,
        description=params.get("description"),
        payment_method=method and method["id"],
        receipt_email=params.get("receipt_email"),
        setup_future_usage=params.get("setup_future_usage"),
        metadata=checked(params.get("metadata")),
    )
    return confirm_intent(sandbox, params, intent["id"]) if params.get("confirm") else intent


def update_intent(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    intent = sandbox.store.need("payment_intent", id)
    if set(params) - {"metadata", "description"}:
        check_open(intent, "update")
    update_plain(intent, params, ("amount", "description", "receipt_email", "setup_future_usage"))
    if method := params.get("payment_method"):
        intent["payment_method"] = need_method(sandbox, method, "payment_method")["id"]
        intent["status"] = "requires_confirmation"
    return intent


def confirm_intent(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    intent = sandbox.store.need("payment_intent", id)
    check_open(intent, "confirm")
    method_id = params.get("payment_method") or intent["payment_method"]
    if not method_id:
        raise StripeError(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    stored = sandbox.store.get("payment_method", intent["payment_method"])
    method = stored if stored and "payment_method" not in params else need_method(sandbox, method_id, "payment_method")
    off_session = params.get("off_session") is True
    if error := confirm(sandbox, intent, method, off_session=off_session, return_url=params.get("return_url")):
        raise error
    if intent["status"] == "succeeded":
        if intent["setup_future_usage"] and intent["customer"]:
            attach_to(sandbox, method, intent["customer"])
        settle_intent(sandbox, intent)
    return intent


def cancel_intent(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    return cancel(sandbox, sandbox.store.need("payment_intent", id), params.get("cancellation_reason"))


def update_charge(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    charge = sandbox.store.need("charge", id)
    with sandbox.events.change(charge, "charge.updated"):
        update_plain(charge, params, ("description", "receipt_email"))
    return charge
