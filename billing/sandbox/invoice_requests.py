"""What can be asked of invoices, their items and their payments: https://docs.stripe.com/api/invoices."""

from __future__ import annotations

from billing.sandbox import lifecycle
from billing.sandbox.cards import attach_to, need_method
from billing.sandbox.errors import StripeError
from billing.sandbox.invoices import add_invoice, close, collect, finalize, make_invoice, mark_paid, method_for, recount
from billing.sandbox.lines import item_line
from billing.sandbox.listing import page, within
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.money import check_currency
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj


def create_invoice(sandbox: Sandbox, params: Obj) -> Obj:
    """Of what is pending for a customer."""
    customer = sandbox.store.need("customer", params.get("customer", ""), "customer")
    currency = check_currency(params.get("currency") or customer["currency"] or "usd")
    now = sandbox.now()
    entries = [
        entry
        for entry in reversed(sandbox.store.all("invoiceitem"))
        if entry["customer"] == customer["id"]
        and entry["invoice"] is None
        and entry["currency"] == currency
        and params.get("pending_invoice_items_behavior") == "include"
    ]
    lines = [item_line(sandbox, entry) for entry in entries]
    invoice = make_invoice(
        sandbox,
        customer,
        currency,
        lines,
        reason="manual",
        period=(now, now),
        auto_advance=params.get("auto_advance", False),
        collection_method=params.get("collection_method", "charge_automatically"),
        description=params.get("description"),
        metadata=checked(params.get("metadata")),
    )
    return add_invoice(sandbox, invoice)


def create_item(sandbox: Sandbox, params: Obj) -> Obj:
    customer = sandbox.store.need("customer", params.get("customer", ""), "customer")
    if "amount" not in params:
        raise StripeError("The sandbox wants `amount` and `currency` of an invoice item.", param="amount")
    now = sandbox.now()
    entry = sandbox.store.add(
        "invoiceitem",
        {
            "amount": params["amount"],
            "currency": check_currency(params.get("currency") or customer["currency"] or "usd"),
            "customer": customer["id"],
            "date": now,
            "description": params.get("description"),
            "discountable": params.get("discountable", params["amount"] > 0),
            "discounts": [],
            "period": params.get("period", {"start": now, "end": now}),
            "proration": False,
            "quantity": 1,
            "quantity_decimal": "1",
            "tax_rates": [],
            "metadata": checked(params.get("metadata")),
        },
    )
    if id := params.get("invoice"):
        invoice = sandbox.store.need("invoice", id, "invoice")
        _check_draft(invoice)
        entry["invoice"] = id
        line = item_line(sandbox, entry)
        line["invoice"] = id
        lines = [*invoice["lines"]["data"], line]
        invoice["lines"] = {**invoice["lines"], "data": lines, "total_count": len(lines)}
        recount(sandbox, invoice)
    sandbox.events.emit("invoiceitem.created", entry)
    return entry


def update_invoice(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    invoice = sandbox.store.need("invoice", id)
    with sandbox.events.change(invoice, "invoice.updated"):
        update_plain(invoice, params, ("auto_advance", "description", "footer"))
    return invoice


def finalize_invoice(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    invoice = sandbox.store.need("invoice", id)
    if "auto_advance" in params:
        invoice["auto_advance"] = params["auto_advance"]
    return finalize(sandbox, invoice)


def pay_invoice(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    invoice = sandbox.store.need("invoice", id)
    if invoice["status"] == "draft":
        finalize(sandbox, invoice)
    if invoice["status"] == "paid":
        raise StripeError("Invoice is already paid", code="invoice_already_paid")
    if params.get("paid_out_of_band"):
        mark_paid(sandbox, invoice, out_of_band=True)
        return invoice
    if method_id := params.get("payment_method"):
        method: Obj | None = need_method(sandbox, method_id, "payment_method")
    else:
        customer = sandbox.store.need("customer", invoice["customer"])
        method = method_for(sandbox, customer, lifecycle.subscription_of(sandbox, invoice))
    if error := collect(sandbox, invoice, method):
        raise error
    if invoice["status"] == "open":
        raise StripeError(
            "This payment requires additional user action before it can be completed successfully.",
            status=402,
            type="card_error",
            code="invoice_payment_intent_requires_action",
        )
    return invoice


def pay_in_person(sandbox: Sandbox, invoice: Obj, method: Obj, *, asked: bool) -> StripeError | None:
    """On the hosted page: the card is kept for what comes."""
    if error := collect(sandbox, invoice, method, asked=asked):
        return error
    attach_to(sandbox, method, invoice["customer"])
    subscription = lifecycle.subscription_of(sandbox, invoice)
    if subscription and subscription["status"] not in lifecycle.ENDED:
        with sandbox.events.change(subscription, "customer.subscription.updated"):
            subscription["default_payment_method"] = method["id"]
    return None


def void_invoice(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    return close(sandbox, sandbox.store.need("invoice", id), "void")


def mark_uncollectible(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    return close(sandbox, sandbox.store.need("invoice", id), "uncollectible")


def delete_invoice(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    invoice = sandbox.store.need("invoice", id)
    _check_draft(invoice)
    sandbox.store.remove("invoice", id)
    sandbox.events.emit("invoice.deleted", invoice)
    return {"id": id, "object": "invoice", "deleted": True}


def list_invoices(sandbox: Sandbox, params: Obj) -> Obj:
    def wanted(one: Obj) -> bool:
        details = (one["parent"] or {}).get("subscription_details") or {}
        return (
            all(one[name] == params[name] for name in ("customer", "status", "collection_method") if name in params)
            and ("subscription" not in params or details.get("subscription") == params["subscription"])
            and ("created" not in params or within(one["created"], params["created"]))
        )

    return page(sandbox.store.all("invoice", wanted), params, "/v1/invoices")


def list_lines(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    invoice = sandbox.store.need("invoice", id)
    return page(invoice["lines"]["data"], params, f"/v1/invoices/{id}/lines")


def list_payments(sandbox: Sandbox, params: Obj) -> Obj:
    asked = params.get("payment", {})

    def wanted(one: Obj) -> bool:
        return all(one[name] == params[name] for name in ("invoice", "status") if name in params) and all(
            one["payment"].get(name) == value for name, value in asked.items()
        )

    return page(sandbox.store.all("invoice_payment", wanted), params, "/v1/invoice_payments")


def _check_draft(invoice: Obj) -> None:
    if invoice["status"] != "draft":
        raise StripeError(
            f"Invoice is {invoice['status']}, and only drafts can be changed.", code="invoice_not_editable"
        )
