"""Test cards (https://docs.stripe.com/testing) and the payment methods made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from billing.sandbox.errors import StripeError
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj


@dataclass(frozen=True)
class Card:
    """`decline` is Stripe's decline code. `attaches`: whether the bank lets it be stored, though a charge fails."""

    number: str
    brand: str = "visa"
    decline: str | None = None
    attaches: bool = True
    # None, "once" (until its owner has confirmed it) or "always".
    asks: str | None = None
    disputed: bool = False
    # Stripe's name of a payment method with this card.
    name: str = ""


CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242", name="pm_card_visa"),
        Card("5555555555554444", "mastercard", name="pm_card_mastercard"),
        Card("4000000000000002", decline="generic_decline", attaches=False, name="pm_card_chargeDeclined"),
        Card(
            "4000000000009995",
            decline="insufficient_funds",
            attaches=False,
            name="pm_card_chargeDeclinedInsufficientFunds",
        ),
        Card("4000000000000069", decline="expired_card", attaches=False, name="pm_card_chargeDeclinedExpiredCard"),
        Card("4000000000000341", decline="generic_decline", name="pm_card_chargeCustomerFail"),
        Card("4000002500003155", asks="once", name="pm_card_authenticationRequiredOnSetup"),
        Card("4000002760003184", asks="always", name="pm_card_authenticationRequired"),
        Card("4000000000000259", disputed=True, name="pm_card_createDispute"),
    )
}
_BY_TOKEN = {card.name: card for card in CARDS.values()}
_SAID = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "expired_card": ("expired_card", "Your card has expired."),
    "authentication_required": (
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}


def decline(code: str, **more: Any) -> StripeError:
    error, message = _SAID[code]
    return StripeError(message, status=402, type="card_error", code=error, decline_code=code, **more)


def expiry_of(sandbox: Sandbox, entered: str) -> dict[str, int]:
    """Month and year as a person enters them (`12/34`); nothing of an empty field, which the sandbox lets pass."""
    if not entered.strip():
        return {}
    found = re.fullmatch(r"(\d{1,2}) ?/ ?(?:20)?(\d{2})", entered.strip())
    if not found or not 1 <= int(found[1]) <= 12:
        raise _refused("Your card's expiration date is incomplete.", "invalid_expiry_month")
    month, year = int(found[1]), 2000 + int(found[2])
    today = datetime.fromtimestamp(sandbox.now(), UTC)
    if (year, month) < (today.year, today.month):
        raise _refused("Your card's expiration year is in the past.", "invalid_expiry_year")
    return {"month": month, "year": year}


def _refused(message: str, code: str) -> StripeError:
    return StripeError(message, status=402, type="card_error", code=code, param=code.removeprefix("invalid_"))


def make_method(sandbox: Sandbox, number: str, *, month: int = 12, year: int = 2034, **more: object) -> Obj:
    """A payment method of one of the test cards; another number is refused as Stripe refuses it in test mode."""
    card = CARDS.get("".join(number.split()))
    if card is None:
        raise StripeError(
            "Your card number is incorrect.", status=402, type="card_error", code="incorrect_number", param="number"
        )
    method = sandbox.store.add(
        "payment_method",
        {
            "type": "card",
            "billing_details": {"address": {}},
            "allow_redisplay": "unspecified",
            "card": {
                "brand": card.brand,
                "checks": {"cvc_check": "pass"},
                "country": "US",
                "display_brand": card.brand,
                "exp_month": month,
                "exp_year": year,
                # The same for every customer who has this card, as Stripe's is.
                "fingerprint": sha256(card.number.encode()).hexdigest()[:16],
                "funding": "credit",
                "generated_from": None,
                "last4": card.number[-4:],
                "networks": {"available": [card.brand], "preferred": None},
                "three_d_secure_usage": {"supported": True},
            },
            **more,
        },
    )
    sandbox.store.hidden(method["id"])["number"] = card.number
    return method


def card_of(sandbox: Sandbox, method: Obj) -> Card:
    return CARDS[sandbox.store.hidden(method["id"])["number"]]


def must_ask(sandbox: Sandbox, method: Obj) -> bool:
    card = card_of(sandbox, method)
    confirmed = sandbox.store.hidden(method["id"]).get("confirmed", False)
    return card.asks == "always" or (card.asks == "once" and not confirmed)


def need_method(sandbox: Sandbox, id: str, param: str | None = None) -> Obj:
    """A stored method, or a new one of Stripe's test tokens (`pm_card_visa`)."""
    if card := _BY_TOKEN.get(id):
        return make_method(sandbox, card.number)
    return sandbox.store.need("payment_method", id, param)


def create_method(sandbox: Sandbox, params: Obj) -> Obj:
    if params.get("type") != "card" or "card" not in params:
        raise StripeError("The sandbox has payment methods of type `card` only.", param="type")
    card = params["card"]
    if "token" in card:
        raise StripeError("The sandbox knows no card tokens; give the number of a test card.", param="card[token]")
    details = {"address": {}, **params.get("billing_details", {})}
    return make_method(
        sandbox,
        card["number"],
        month=card["exp_month"],
        year=card["exp_year"],
        billing_details=details,
        metadata=checked(params.get("metadata")),
    )


def retrieve_method(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    return need_method(sandbox, id)


def update_method(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    method = sandbox.store.need("payment_method", id)
    with sandbox.events.change(method, "payment_method.updated"):
        update_plain(method, params, ("billing_details", "allow_redisplay"))
        method["card"].update({name: int(part) for name, part in params.get("card", {}).items() if name[:4] == "exp_"})
    return method


def attach(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    customer = params.get("customer")
    if not customer:
        raise StripeError("Missing required param: customer.", code="parameter_missing", param="customer")
    sandbox.store.need("customer", customer, "customer")
    return attach_to(sandbox, need_method(sandbox, id), customer)


def attach_to(sandbox: Sandbox, method: Obj, customer: str) -> Obj:
    """Raises a decline for a card that its bank does not let anybody store."""
    if method["customer"] not in (None, customer):
        raise StripeError("The payment method you provided has already been attached to a customer.")
    card = card_of(sandbox, method)
    if card.decline and not card.attaches:
        raise decline(card.decline)
    if method["customer"] is None:
        method["customer"] = customer
        sandbox.events.emit("payment_method.attached", method)
    return method


def detach(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    method = sandbox.store.need("payment_method", id)
    if method["customer"] is None:
        raise StripeError("The payment method you provided is not attached to a customer so detachment is impossible.")
    customer = sandbox.store.get("customer", method["customer"])
    with sandbox.events.change(method, "payment_method.detached"):
        method["customer"] = None
    if customer and customer["invoice_settings"]["default_payment_method"] == id:
        with sandbox.events.change(customer, "customer.updated"):
            customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": None}
    for subscription in sandbox.store.all("subscription", lambda one: one["default_payment_method"] == id):
        with sandbox.events.change(subscription, "customer.subscription.updated"):
            subscription["default_payment_method"] = None
    return method
