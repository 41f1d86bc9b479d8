"""The life of an invoice: drafted, finalized, paid, or tried again, or given up."""

from __future__ import annotations

from billing.sandbox import lifecycle
from billing.sandbox.clock import DAY, HOUR
from billing.sandbox.customers import move_balance
from billing.sandbox.discounts import off
from billing.sandbox.errors import StripeError
from billing.sandbox.payments import cancel, confirm, open_intent, take
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.store import list_of, new_id, token

# A renewal's draft can be edited for about an hour before Stripe finalizes and charges it.
DRAFT_FOR = HOUR


def make_invoice(
    sandbox: Sandbox,
    customer: Obj,
    currency: str,
    lines: list[Obj],
    *,
    reason: str,
    period: tuple[int, int],
    subscription: Obj | None = None,
    discounts: list[Obj] | None = None,
    **more: object,
) -> Obj:
    """A draft with its totals, not stored."""
    id = new_id("invoice")
    for line in lines:
        line["invoice"] = id
    invoice = sandbox.store.make(
        "invoice",
        {
            **_blank(),
            **_of_customer(sandbox, customer),
            "id": id,
            "auto_advance": subscription is not None,
            "billing_reason": reason,
            "currency": currency,
            "discounts": [one["id"] for one in discounts or []],
            "lines": list_of(lines, f"/v1/invoices/{id}/lines", total_count=len(lines)),
            "parent": _parent(subscription),
            "period_start": period[0],
            "period_end": period[1],
            **_totals(sandbox, customer, currency, lines, discounts or []),
            **_as_subscription(subscription),
            **more,
        },
    )
    return invoice


def add_invoice(sandbox: Sandbox, invoice: Obj) -> Obj:
    """Stores a draft. What it lists of pending items is pending no more."""
    invoice = sandbox.store.add("invoice", invoice)
    for line in invoice["lines"]["data"]:
        parent = line["parent"] or {}
        details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
        if entry := sandbox.store.get("invoiceitem", details.get("invoice_item")):
            entry["invoice"] = invoice["id"]
    sandbox.events.emit("invoice.created", invoice)
    return invoice


def recount(sandbox: Sandbox, invoice: Obj) -> None:
    """Totals after the lines of a draft have changed."""
    customer = sandbox.store.need("customer", invoice["customer"])
    discounts = [sandbox.store.need("discount", id) for id in invoice["discounts"]]
    invoice.update(_totals(sandbox, customer, invoice["currency"], invoice["lines"]["data"], discounts))


def finalize(sandbox: Sandbox, invoice: Obj, method: str | None = None) -> Obj:
    """Open, with a number, links and a payment intent; paid at once if nothing is due."""
    if invoice["status"] != "draft":
        raise StripeError("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    customer = sandbox.store.need("customer", invoice["customer"])
    before = {"status": "draft", "number": None}
    recount(sandbox, invoice)
    secret = f"{invoice['id']}_{token()}"
    invoice.update(
        status="open",
        starting_balance=customer["balance"],
        number=f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}",
        hosted_invoice_url=f"{sandbox.base_url}/invoice/{secret}",
        invoice_pdf=f"{sandbox.base_url}/invoice/{secret}/pdf",
        effective_at=sandbox.now(),
        automatically_finalizes_at=None,
        status_transitions={**invoice["status_transitions"], "finalized_at": sandbox.now()},
    )
    if invoice["collection_method"] == "send_invoice" and invoice["due_date"] is None:
        invoice["due_date"] = sandbox.now() + 30 * DAY
    customer["next_invoice_sequence"] += 1
    if invoice["amount_due"]:
        _open_payment(sandbox, invoice, method)
    invoice["ending_balance"] = _use_balance(sandbox, invoice, customer)
    sandbox.events.emit("invoice.finalized", invoice, before)
    if not invoice["amount_due"]:
        invoice["attempted"] = True
        mark_paid(sandbox, invoice)
    return invoice


def collect(sandbox: Sandbox, invoice: Obj, method: Obj | None, *, asked: bool = False) -> StripeError | None:
    """Tries to take the money; `asked` means that the card's owner is there and has confirmed the payment."""
    if invoice["status"] != "open":
        raise StripeError(f"Invoice is {invoice['status']}", code="invoice_not_editable")
    intent = intent_of(sandbox, invoice)
    invoice["attempted"] = True
    if method is None:
        error: StripeError | None = StripeError(
            "This customer has no attached payment source or default payment method. Please consider adding a default "
            "payment method.",
            code="resource_missing",
        )
    else:
        error = take(sandbox, intent, method) if asked else confirm(sandbox, intent, method)
    invoice["attempt_count"] += 1
    if error is None and intent["status"] == "succeeded":
        mark_paid(sandbox, invoice)
        return None
    _note_failure(sandbox, invoice, needs_action=error is None)
    return error


def mark_paid(sandbox: Sandbox, invoice: Obj, *, out_of_band: bool = False) -> None:
    paid = invoice["amount_due"]
    before = {"status": invoice["status"], "amount_paid": invoice["amount_paid"]}
    invoice.update(
        status="paid",
        amount_paid=0 if out_of_band else paid,
        amount_remaining=0,
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions={**invoice["status_transitions"], "paid_at": sandbox.now()},
    )
    for payment in payments_of(sandbox, invoice):
        if payment["status"] == "open" and not out_of_band:
            payment.update(status="paid", amount_paid=paid)
            payment["status_transitions"] = {**payment["status_transitions"], "paid_at": sandbox.now()}
            sandbox.events.emit("invoice_payment.paid", payment)
    sandbox.events.emit("invoice.updated", invoice, before)
    sandbox.events.emit("invoice.paid", invoice)
    sandbox.events.emit("invoice.payment_succeeded", invoice)
    lifecycle.follow_paid(sandbox, invoice)


def close(sandbox: Sandbox, invoice: Obj, status: str) -> Obj:
    """`void` or `uncollectible`."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise StripeError(f"You can only pass in open invoices. This invoice isn't open ({invoice['status']}).")
    moment = {"void": "voided_at", "uncollectible": "marked_uncollectible_at"}[status]
    invoice.update(status=status, auto_advance=False, next_payment_attempt=None)
    invoice["status_transitions"] = {**invoice["status_transitions"], moment: sandbox.now()}
    if status == "void":
        for payment in payments_of(sandbox, invoice):
            payment["status"] = "canceled"
            cancel(sandbox, sandbox.store.need("payment_intent", payment["payment"]["payment_intent"]), "void_invoice")
    sandbox.events.emit("invoice.voided" if status == "void" else "invoice.marked_uncollectible", invoice)
    return invoice


def settle_intent(sandbox: Sandbox, intent: Obj) -> None:
    """After an intent was confirmed elsewhere: its invoice is paid, if it has one."""
    invoice = sandbox.store.get("invoice", sandbox.store.hidden(intent["id"]).get("invoice"))
    if invoice and invoice["status"] == "open" and intent["status"] == "succeeded":
        mark_paid(sandbox, invoice)


def payments_of(sandbox: Sandbox, invoice: Obj) -> list[Obj]:
    return sandbox.store.all("invoice_payment", lambda one: one["invoice"] == invoice["id"])


def intent_of(sandbox: Sandbox, invoice: Obj) -> Obj:
    return sandbox.store.need("payment_intent", payments_of(sandbox, invoice)[0]["payment"]["payment_intent"])


def method_for(sandbox: Sandbox, customer: Obj, subscription: Obj | None) -> Obj | None:
    """The subscription's own default, else the customer's."""
    own = subscription["default_payment_method"] if subscription else None
    return sandbox.store.get("payment_method", own or customer["invoice_settings"]["default_payment_method"])


def _note_failure(sandbox: Sandbox, invoice: Obj, *, needs_action: bool) -> None:
    """The first payment of a subscription is not tried again; its owner has 23 hours."""
    attempts, days = invoice["attempt_count"], sandbox.dunning.days
    retried = invoice["billing_reason"] != "subscription_create" and invoice["auto_advance"]
    again = retried and attempts <= len(days)
    invoice["next_payment_attempt"] = sandbox.now() + days[attempts - 1] * DAY if again else None
    sandbox.events.emit("invoice.updated", invoice, {"attempt_count": attempts - 1})
    if needs_action:
        sandbox.events.emit("invoice.payment_action_required", invoice)
    sandbox.events.emit("invoice.payment_failed", invoice)
    lifecycle.follow_failed(sandbox, invoice)
    if retried and not again:
        lifecycle.give_up(sandbox, invoice)


def _open_payment(sandbox: Sandbox, invoice: Obj, method: str | None) -> None:
    number = f"Payment for Invoice {invoice['number']}"
    reason = {"subscription_create": "Subscription creation", "subscription_update": "Subscription update"}
    intent = open_intent(
        sandbox,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        description=reason.get(invoice["billing_reason"], number),
        payment_method=method,
    )
    sandbox.store.hidden(intent["id"])["invoice"] = invoice["id"]
    sandbox.store.add(
        "invoice_payment",
        {
            "amount_requested": invoice["amount_due"],
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
            "status": "open",
            "status_transitions": {},
        },
    )
    invoice["confirmation_secret"] = {"client_secret": intent["client_secret"], "type": "payment_intent"}


def _use_balance(sandbox: Sandbox, invoice: Obj, customer: Obj) -> int:
    """Credit that pays a part, or that a negative invoice gives; the balance afterwards."""
    moved = invoice["amount_due"] - invoice["total"]
    if moved:
        move_balance(sandbox, customer, -moved, invoice["currency"], "applied_to_invoice", {})
    return int(customer["balance"])


def _totals(sandbox: Sandbox, customer: Obj, currency: str, lines: list[Obj], discounts: list[Obj]) -> Obj:
    subtotal = sum(line["amount"] for line in lines)
    left = sum(line["amount"] for line in lines if line["discountable"])
    taken = []
    for discount in discounts:
        amount = off(sandbox, discount, left, currency)
        left -= amount
        taken.append({"amount": amount, "discount": discount["id"]})
    total = subtotal - sum(one["amount"] for one in taken)
    # A negative balance is credit, a positive one a debt that goes onto the invoice.
    due = max(0, total + customer["balance"])
    return {
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_excluding_tax": total,
        "total_discount_amounts": taken,
        "amount_due": due,
        "amount_remaining": due,
        "ending_balance": None,
    }


def _blank() -> Obj:
    """What is the same in every new draft."""
    return {
        "automatic_tax": {"enabled": False},
        "account_name": "Sandbox",
        "account_country": "US",
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "collection_method": "charge_automatically",
        "default_tax_rates": [],
        "issuer": {"type": "self"},
        "payment_settings": {},
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "status": "draft",
        "status_transitions": {},
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }


def _of_customer(sandbox: Sandbox, customer: Obj) -> Obj:
    return {
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": _tax_ids(sandbox, customer),
        "starting_balance": customer["balance"],
    }


def _as_subscription(subscription: Obj | None) -> Obj:
    if subscription is None:
        return {}
    taxed = subscription["automatic_tax"]["enabled"]
    return {
        "collection_method": subscription["collection_method"],
        "automatic_tax": {"enabled": taxed, "status": "complete" if taxed else None},
        "description": subscription["description"],
    }


def _parent(subscription: Obj | None) -> Obj | None:
    if subscription is None:
        return None
    details = {"subscription": subscription["id"], "metadata": dict(subscription["metadata"])}
    return {
        "type": "subscription_details",
        "quote_details": None,
        "subscription_details": {**details, "subscription_proration_date": None},
    }


def _tax_ids(sandbox: Sandbox, customer: Obj) -> list[Obj]:
    entries = sandbox.store.all("tax_id", lambda one: one["customer"] == customer["id"])
    return [{"type": one["type"], "value": one["value"]} for one in entries]
