"""Customers, their tax ids and their credit balance: https://docs.stripe.com/api/customers."""

from __future__ import annotations

from billing.sandbox.cards import attach_to, need_method
from billing.sandbox.errors import StripeError
from billing.sandbox.listing import page
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.money import check_currency
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.store import token

_FIELDS = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt")


def create_customer(sandbox: Sandbox, params: Obj) -> Obj:
    settings = params.get("invoice_settings", {})
    values: Obj = {
        "balance": params.get("balance", 0),
        "delinquent": False,
        "invoice_prefix": token(8).upper(),
        "invoice_settings": {"default_payment_method": None, **settings},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
        "metadata": checked(params.get("metadata")),
    }
    customer = sandbox.store.make("customer", values)
    update_plain(customer, {name: params[name] for name in _FIELDS if name in params}, _FIELDS)
    method = params.get("payment_method") or settings.get("default_payment_method")
    found = need_method(sandbox, method, "payment_method") if method else None
    customer = sandbox.store.add("customer", customer)
    if found:
        try:
            attach_to(sandbox, found, customer["id"])
        except StripeError:
            sandbox.store.remove("customer", customer["id"])
            raise
        customer["invoice_settings"]["default_payment_method"] = (
            found["id"] if settings.get("default_payment_method") else None
        )
    sandbox.events.emit("customer.created", customer)
    for tax_id in params.get("tax_id_data", []):
        create_tax_id(sandbox, tax_id, customer["id"])
    return customer


def update_customer(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    customer = sandbox.store.need("customer", id)
    settings = params.get("invoice_settings") or {}
    if method := settings.get("default_payment_method"):
        found = sandbox.store.need("payment_method", method, "invoice_settings[default_payment_method]")
        if found["customer"] != id:
            raise StripeError(
                "The customer does not have a payment method with the ID " + method + ". The payment method must be "
                "attached to the customer.",
                code="resource_missing",
                param="invoice_settings[default_payment_method]",
            )
    with sandbox.events.change(customer, "customer.updated"):
        update_plain(customer, params, (*_FIELDS, "balance", "invoice_settings", "next_invoice_sequence"))
    return customer


def delete_customer(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    """Its subscriptions end at once; `billing.sandbox.subscriptions` is told first, by the route."""
    customer = sandbox.store.remove("customer", id)
    for method in sandbox.store.all("payment_method", lambda one: one["customer"] == id):
        method["customer"] = None
    sandbox.events.emit("customer.deleted", customer)
    sandbox.store.hidden(id)["deleted"] = True
    return {"id": id, "object": "customer", "deleted": True}


def retrieve_customer(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    if sandbox.store.get("customer", id) is None and sandbox.store.hidden(id).get("deleted"):
        return {"id": id, "object": "customer", "deleted": True}
    return sandbox.store.need("customer", id)


def list_customer_methods(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    sandbox.store.need("customer", id)
    entries = sandbox.store.all("payment_method", lambda one: one["customer"] == id)
    return page(entries, params, f"/v1/customers/{id}/payment_methods")


def retrieve_customer_method(sandbox: Sandbox, params: Obj, id: str, method: str) -> Obj:
    found = sandbox.store.need("payment_method", method)
    if found["customer"] != id:
        raise StripeError(f"No such payment method: '{method}'", status=404, code="resource_missing", param="id")
    return found


def create_tax_id(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    sandbox.store.need("customer", id)
    tax_id = sandbox.store.add(
        "tax_id",
        {
            "customer": id,
            "type": params["type"],
            "value": params["value"],
            "country": params["value"][:2] if params["type"] == "eu_vat" else None,
            "owner": {"type": "customer", "customer": id},
            "verification": {"status": "pending"},
        },
    )
    sandbox.events.emit("customer.tax_id.created", tax_id)
    return tax_id


def list_tax_ids(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    sandbox.store.need("customer", id)
    entries = sandbox.store.all("tax_id", lambda one: one["customer"] == id)
    return page(entries, params, f"/v1/customers/{id}/tax_ids")


def delete_tax_id(sandbox: Sandbox, params: Obj, id: str, tax_id: str) -> Obj:
    found = sandbox.store.remove("tax_id", tax_id)
    sandbox.events.emit("customer.tax_id.deleted", found)
    return {"id": tax_id, "object": "tax_id", "deleted": True}


def create_credit(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    """A negative amount is credit that the next invoices use up."""
    customer = sandbox.store.need("customer", id)
    currency = check_currency(params["currency"])
    if customer["currency"] not in (None, currency):
        raise StripeError(
            f"The customer's currency is {customer['currency']}: a balance transaction must have the same.",
            param="currency",
        )
    return move_balance(sandbox, customer, params["amount"], currency, "adjustment", params)


def move_balance(
    sandbox: Sandbox, customer: Obj, amount: int, currency: str, type: str, params: Obj, invoice: str | None = None
) -> Obj:
    with sandbox.events.change(customer, "customer.updated"):
        customer["balance"] += amount
        customer["currency"] = customer["currency"] or currency
    return sandbox.store.add(
        "customer_balance_transaction",
        {
            "amount": amount,
            "currency": currency,
            "customer": customer["id"],
            "ending_balance": customer["balance"],
            "type": type,
            "invoice": invoice,
            "description": params.get("description"),
            "metadata": checked(params.get("metadata")),
        },
    )


def list_credits(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    sandbox.store.need("customer", id)
    entries = sandbox.store.all("customer_balance_transaction", lambda one: one["customer"] == id)
    return page(entries, params, f"/v1/customers/{id}/balance_transactions")
