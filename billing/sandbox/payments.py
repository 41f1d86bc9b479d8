"""Payment intents and their charges: what happens to a card's money."""

from __future__ import annotations

from billing.sandbox import disputes
from billing.sandbox.balance import book
from billing.sandbox.cards import card_of, decline, must_ask
from billing.sandbox.errors import StripeError
from billing.sandbox.metadata import checked
from billing.sandbox.money import fee_of
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.store import new_id, token


def open_intent(sandbox: Sandbox, *, amount: int, currency: str, customer: str | None, **more: object) -> Obj:
    id = new_id("payment_intent")
    values: Obj = {
        "id": id,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{id}_secret_{token()}",
        "confirmation_method": "automatic",
        "currency": currency,
        "customer": customer,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "metadata": {},
        **more,
    }
    intent = sandbox.store.add("payment_intent", values)
    if intent["payment_method"]:
        intent["status"] = "requires_confirmation"
    sandbox.events.emit("payment_intent.created", intent)
    return intent


def confirm(
    sandbox: Sandbox, intent: Obj, method: Obj, *, off_session: bool = False, return_url: str | None = None
) -> StripeError | None:
    """Tries the card. Returns the decline; None is success, or `requires_action` in the intent's status."""
    check_open(intent, "confirm")
    intent["payment_method"] = method["id"]
    if must_ask(sandbox, method) and not card_of(sandbox, method).decline:
        if off_session:
            return _fail(sandbox, intent, method, "authentication_required")
        with sandbox.events.change(intent, "payment_intent.requires_action"):
            url = f"{sandbox.base_url}/authenticate/{intent['id']}"
            intent["status"] = "requires_action"
            redirect = {"url": url, "return_url": return_url}
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": redirect}
        return None
    return take(sandbox, intent, method)


def take(sandbox: Sandbox, intent: Obj, method: Obj) -> StripeError | None:
    """Charges the card: its owner has been asked, or need not be."""
    card = card_of(sandbox, method)
    if card.decline:
        return _fail(sandbox, intent, method, card.decline)
    charge = _make_charge(sandbox, intent, method, paid=True)
    transaction = book(sandbox, "charge", charge, charge["amount"], fee_of(charge["amount"]), charge["description"])
    charge["balance_transaction"] = transaction["id"]
    intent.update(
        payment_method=method["id"],
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    sandbox.events.emit("charge.succeeded", charge)
    sandbox.events.emit("payment_intent.succeeded", intent)
    if card.disputed:
        disputes.open_dispute(sandbox, charge, charge["amount"], "fraudulent")
    return None


def refuse_authentication(sandbox: Sandbox, intent: Obj) -> None:
    """The card's owner said no on the bank's page."""
    error = {
        "type": "invalid_request_error",
        "code": "payment_intent_authentication_failure",
        "message": "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
        "PaymentMethod to attempt to fulfill this PaymentIntent again.",
    }
    intent.update(status="requires_payment_method", payment_method=None, next_action=None, last_payment_error=error)
    sandbox.events.emit("payment_intent.payment_failed", intent)


def cancel(sandbox: Sandbox, intent: Obj, reason: str | None = None) -> Obj:
    check_open(intent, "cancel")
    intent.update(status="canceled", canceled_at=sandbox.now(), cancellation_reason=reason, next_action=None)
    sandbox.events.emit("payment_intent.canceled", intent)
    return intent


def check_open(intent: Obj, verb: str) -> None:
    if intent["status"] in ("succeeded", "canceled"):
        raise StripeError(
            f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )


def _fail(sandbox: Sandbox, intent: Obj, method: Obj, code: str) -> StripeError:
    charge = _make_charge(sandbox, intent, method, paid=False)
    error = decline(code, charge=charge["id"])
    fields = {name: value for name, value in error.fields.items() if value is not None}
    charge.update(failure_code=fields["code"], failure_message=fields["message"])
    charge["outcome"].update(reason=code, type="issuer_declined", network_status="declined_by_network")
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        latest_charge=charge["id"],
        next_action=None,
        last_payment_error={**fields, "payment_method": dict(method)},
    )
    sandbox.events.emit("charge.failed", charge)
    sandbox.events.emit("payment_intent.payment_failed", intent)
    error.fields["payment_intent"] = dict(intent)
    return error


def _make_charge(sandbox: Sandbox, intent: Obj, method: Obj, *, paid: bool) -> Obj:
    card = {name: value for name, value in method["card"].items() if name not in ("display_brand", "generated_from")}
    card.update(amount_authorized=intent["amount"], network=card["brand"], networks=None)
    charge = sandbox.store.add(
        "charge",
        {
            "amount": intent["amount"],
            "amount_captured": intent["amount"] if paid else 0,
            "amount_refunded": 0,
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": "SANDBOX",
            "captured": paid,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "fraud_details": {},
            "metadata": checked(intent["metadata"]),
            "outcome": {"type": "authorized", "network_status": "approved_by_network", "risk_level": "normal"},
            "paid": paid,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {"type": "card", "card": card},
            "refunded": False,
            "status": "succeeded" if paid else "failed",
        },
    )
    charge["receipt_url"] = f"{sandbox.base_url}/receipt/{charge['id']}" if paid else None
    return charge
