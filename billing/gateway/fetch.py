"""What is at Stripe now."""

from __future__ import annotations

from billing.gateway.client import Object, Stripe


def customer_of(api: Stripe, type: str, id: str) -> str:
    """The customer of what an event is about whose object names none; empty where there is none.

    Raises GatewayMissing if the object is gone, or PaymentsUnavailable.
    """
    if type.startswith("charge.dispute."):
        return _of_charge(api, str(api.call(lambda v1: v1.disputes.retrieve(id))["charge"] or ""))
    if type.startswith(("refund.", "charge.refund.")):
        return _of_charge(api, str(api.call(lambda v1: v1.refunds.retrieve(id))["charge"] or ""))
    if type.startswith("invoice_payment."):
        invoice = api.call(lambda v1: v1.invoice_payments.retrieve(id))["invoice"]
        return _customer(api.call(lambda v1: v1.invoices.retrieve(str(invoice))))
    return ""


def _of_charge(api: Stripe, id: str) -> str:
    return _customer(api.call(lambda v1: v1.charges.retrieve(id))) if id else ""


def _customer(found: Object) -> str:
    return str(found.get("customer") or "")
