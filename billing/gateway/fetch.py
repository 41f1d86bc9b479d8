"""What is at Stripe now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from billing.gateway.client import Object, Stripe
from billing.gateway.errors import GatewayMissing
from billing.gateway.values import id_of

# Of invoices, charges and credits so many are looked at, the newest, unless it is to be all of them. An event about an older one names it.
NEWEST = 20
_SUBSCRIPTION = ("default_payment_method", "schedule", "discounts")
_INVOICE = ("payments", "discounts")
_REFUND = ("balance_transaction", "failure_balance_transaction")
_CHARGE = ("balance_transaction", *(f"refunds.data.{name}" for name in _REFUND))


@dataclass(slots=True)
class Fetched:
    """`customer` None: Stripe has it no longer. What refers to a charge stands with it: its refunds in `refunds.data`."""

    customer: Object | None
    subscriptions: list[Object] = field(default_factory=list)
    invoices: dict[str, Object] = field(default_factory=dict)
    charges: dict[str, Object] = field(default_factory=dict)
    disputes: dict[str, Object] = field(default_factory=dict)
    sessions: dict[str, Object] = field(default_factory=dict)
    credits: list[Object] = field(default_factory=list)

    def invoice_of(self, charge: Object) -> str:
        """The invoice that a charge pays, if it is among these; the API's newer versions say it only at the invoice."""
        intent = id_of(charge["payment_intent"])
        return next((id for id, invoice in self.invoices.items() if intent and intent in intents_of(invoice)), "")

    def ids(self) -> set[str]:
        return {*(one["id"] for one in self.subscriptions), *self.invoices, *self.charges}


def intents_of(invoice: Object) -> set[str]:
    payments = (invoice.get("payments") or {}).get("data", [])
    return {id_of(one["payment"].get("payment_intent")) for one in payments} - {""}


def fetch_customer(api: Stripe, customer_id: str, *, named: Iterable[str] = (), everything: bool = False) -> Fetched:
    """The customer with their subscriptions, and of their invoices, charges and credits the newest and those that are named by their ids.

    Raises PaymentsUnavailable. What is named and is not there is left out.
    """
    found = Fetched(_customer_at(api, customer_id))
    found.subscriptions = _all(api, lambda v1: v1.subscriptions, _SUBSCRIPTION, customer=customer_id, status="all")
    some = _all if everything else _newest
    for invoice in some(api, lambda v1: v1.invoices, _INVOICE, customer=customer_id):
        found.invoices[invoice["id"]] = invoice
    for charge in some(api, lambda v1: v1.charges, _CHARGE, customer=customer_id):
        found.charges[charge["id"]] = charge
    found.credits = _credits(api, customer_id, everything=everything)
    latest = [id_of(one["latest_invoice"]) for one in found.subscriptions if one["ended_at"] is None]
    for id in sorted({*named, *latest} - {""}):
        _add_named(api, found, id)
    for charge in list(found.charges.values()):
        _complete_refunds(api, charge)
        if charge["disputed"]:
            for dispute in _all(api, lambda v1: v1.disputes, (), charge=charge["id"]):
                found.disputes[dispute["id"]] = dispute
    return found


def _complete_refunds(api: Stripe, charge: Object) -> None:
    """All of them: in an object a list has its first ten entries. https://docs.stripe.com/api/pagination"""
    listed = charge.get("refunds") or {}
    if listed.get("has_more"):
        listed["data"] = _all(api, lambda v1: v1.refunds, _REFUND, charge=charge["id"])
        listed["has_more"] = False


def live_subscriptions(api: Stripe, customer_id: str) -> list[str]:
    """Ids of those that are not over."""
    listed = _all(api, lambda v1: v1.subscriptions, (), customer=customer_id, status="all")
    return [one["id"] for one in listed if one["status"] not in ("canceled", "incomplete", "incomplete_expired")]


def customer_of(api: Stripe, type: str, id: str) -> str:
    """The customer of what an event is about whose object names none; empty where there is none.

    Raises GatewayMissing if the object is gone, or PaymentsUnavailable.
    """
    if type.startswith("charge.dispute."):
        return _of_charge(api, id_of(api.call(lambda v1: v1.disputes.retrieve(id))["charge"]))
    if type.startswith(("refund.", "charge.refund.")):
        return _of_charge(api, id_of(api.call(lambda v1: v1.refunds.retrieve(id))["charge"]))
    if type.startswith("invoice_payment."):
        invoice = id_of(api.call(lambda v1: v1.invoice_payments.retrieve(id))["invoice"])
        return id_of(api.call(lambda v1: v1.invoices.retrieve(invoice))["customer"])
    return ""


def _of_charge(api: Stripe, id: str) -> str:
    return id_of(api.call(lambda v1: v1.charges.retrieve(id))["customer"]) if id else ""


def _customer_at(api: Stripe, id: str) -> Object | None:
    """With the payment method that is tried by default, where there is one."""
    try:
        found = api.call(lambda v1: v1.customers.retrieve(id))
    except GatewayMissing:
        return None
    if found.get("deleted"):
        return None
    settings = found["invoice_settings"] or {}
    if method := id_of(settings.get("default_payment_method")):
        settings["default_payment_method"] = _method_at(api, method)
    return found


def _method_at(api: Stripe, id: str) -> Object | None:
    try:
        return api.call(lambda v1: v1.payment_methods.retrieve(id))
    except GatewayMissing:
        return None


def _all(api: Stripe, service: Callable[[Any], Any], expand: tuple[str, ...], **filters: Any) -> list[Object]:
    asked = {**filters, **_expanded(expand)}
    try:
        return list(api.each(lambda v1, page: service(v1).list(page), **asked))
    except GatewayMissing:
        # Of a customer that was deleted.
        return []


def _newest(api: Stripe, service: Callable[[Any], Any], expand: tuple[str, ...], **filters: Any) -> list[Object]:
    asked = {"limit": NEWEST, **filters, **_expanded(expand)}
    try:
        return list(api.call(lambda v1: service(v1).list(asked))["data"])
    except GatewayMissing:
        return []


def _expanded(fields: tuple[str, ...]) -> Object:
    return {"expand": [f"data.{name}" for name in fields]} if fields else {}


def _credits(api: Stripe, customer_id: str, *, everything: bool) -> list[Object]:
    def ask(v1: Any, page: Object) -> Any:
        return v1.customers.balance_transactions.list(customer_id, page)

    try:
        if everything:
            return list(api.each(ask))
        return list(api.call(lambda v1: ask(v1, {"limit": NEWEST}))["data"])
    except GatewayMissing:
        return []


def _add_named(api: Stripe, found: Fetched, id: str) -> None:
    """What an event names, with what it belongs to, unless it is there already."""
    add = _ADDERS.get(id.partition("_")[0])
    try:
        if add is not None:
            add(api, found, id)
    except GatewayMissing:
        return


def _add_invoice(api: Stripe, found: Fetched, id: str) -> None:
    if not id or id in found.invoices:
        return
    expand: Any = {"expand": list(_INVOICE)}
    invoice = api.call(lambda v1: v1.invoices.retrieve(id, expand))
    found.invoices[id] = invoice
    for intent in intents_of(invoice):
        _add_charges_of(api, found, intent)


def _add_charges_of(api: Stripe, found: Fetched, intent: str) -> None:
    if any(id_of(charge["payment_intent"]) == intent for charge in found.charges.values()):
        return
    for charge in _all(api, lambda v1: v1.charges, _CHARGE, payment_intent=intent):
        found.charges[charge["id"]] = charge


def _add_charge(api: Stripe, found: Fetched, id: str) -> None:
    if not id or id in found.charges:
        return
    expand: Any = {"expand": list(_CHARGE)}
    charge = api.call(lambda v1: v1.charges.retrieve(id, expand))
    found.charges[id] = charge
    intent = id_of(charge["payment_intent"])
    if intent and not found.invoice_of(charge):
        asked: Any = {"payment": {"type": "payment_intent", "payment_intent": intent}}
        for payment in api.call(lambda v1: v1.invoice_payments.list(asked))["data"]:
            _add_invoice(api, found, id_of(payment["invoice"]))


def _add_refund(api: Stripe, found: Fetched, id: str) -> None:
    _add_charge(api, found, id_of(api.call(lambda v1: v1.refunds.retrieve(id))["charge"]))


def _add_dispute(api: Stripe, found: Fetched, id: str) -> None:
    dispute = api.call(lambda v1: v1.disputes.retrieve(id))
    found.disputes[id] = dispute
    _add_charge(api, found, id_of(dispute["charge"]))


def _add_invoice_payment(api: Stripe, found: Fetched, id: str) -> None:
    _add_invoice(api, found, id_of(api.call(lambda v1: v1.invoice_payments.retrieve(id))["invoice"]))


def _add_session(api: Stripe, found: Fetched, id: str) -> None:
    found.sessions[id] = api.call(lambda v1: v1.checkout.sessions.retrieve(id))


# By the beginning of the id.
_ADDERS: dict[str, Callable[[Stripe, Fetched, str], None]] = {
    "in": _add_invoice,
    "inpay": _add_invoice_payment,
    "pi": _add_charges_of,
    "ch": _add_charge,
    "py": _add_charge,
    "re": _add_refund,
    "pyr": _add_refund,
    "dp": _add_dispute,
    "du": _add_dispute,
    "cs": _add_session,
}
