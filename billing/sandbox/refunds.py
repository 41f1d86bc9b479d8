"""Refunds, whole or in parts: https://docs.stripe.com/api/refunds."""

from __future__ import annotations

from billing.sandbox.balance import book
from billing.sandbox.errors import StripeError
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj


def create_refund(sandbox: Sandbox, params: Obj) -> Obj:
    charge = _charge(sandbox, params)
    left = charge["amount"] - charge["amount_refunded"]
    if charge["disputed"]:
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if left == 0:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = params.get("amount", left)
    if amount < 1:
        raise StripeError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise StripeError(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
        )
    refund = sandbox.store.add(
        "refund",
        {
            "amount": amount,
            "charge": charge["id"],
            "currency": charge["currency"],
            "payment_intent": charge["payment_intent"],
            "reason": params.get("reason"),
            "status": "succeeded",
            "destination_details": {"type": "card", "card": {"type": "refund", "reference_status": "pending"}},
            "metadata": checked(params.get("metadata")),
        },
    )
    # Stripe keeps its fee.
    refund["balance_transaction"] = book(sandbox, "refund", refund, -amount, 0, "REFUND FOR CHARGE")["id"]
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    sandbox.events.emit("refund.created", refund)
    sandbox.events.emit("charge.refunded", charge, before)
    return refund


def update_refund(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    refund = sandbox.store.need("refund", id)
    with sandbox.events.change(refund, "refund.updated"):
        update_plain(refund, params, ())
    return refund


def _charge(sandbox: Sandbox, params: Obj) -> Obj:
    if "charge" in params:
        charge = sandbox.store.need("charge", params["charge"], "charge")
    elif "payment_intent" in params:
        intent = sandbox.store.need("payment_intent", params["payment_intent"], "payment_intent")
        charge = sandbox.store.get("charge", intent["latest_charge"]) or {}
    else:
        raise StripeError("One of the following params should be provided: payment_intent or charge.", param="charge")
    if not charge.get("paid"):
        raise StripeError("This payment does not have a successful charge to refund.", param="charge")
    return charge
