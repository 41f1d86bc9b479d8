"""Checkout sessions: a page of Stripe's on which a customer pays: https://docs.stripe.com/api/checkout/sessions."""

from __future__ import annotations

from typing import Any

from billing.sandbox.cards import attach_to, card_of, expiry_of, make_method
from billing.sandbox.catalogue import amount_in, create_price
from billing.sandbox.checkout_checks import check_request
from billing.sandbox.checkout_checks import expiry as page_expiry
from billing.sandbox.customers import create_customer, create_tax_id
from billing.sandbox.discount_checks import check_minimum
from billing.sandbox.discounts import make_discounts, off, promotion_by_code
from billing.sandbox.errors import StripeError
from billing.sandbox.invoices import collect
from billing.sandbox.lines import product_name
from billing.sandbox.listing import page
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.money import check_currency
from billing.sandbox.payments import open_intent, take
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.store import new_id, token
from billing.sandbox.subscriptions import begin, check_one_currency

_PASSED = (
    "allow_promotion_codes",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "customer_update",
    "locale",
    "submit_type",
    "success_url",
)


def create(sandbox: Sandbox, params: Obj) -> Obj:
    mode = params.get("mode", "payment")
    check_request(sandbox, params, mode)
    discounts = _named_discounts(sandbox, params)
    lines, currency = _lines(sandbox, params, mode)
    for one in discounts:
        if promotion := sandbox.store.get("promotion_code", one.get("promotion_code")):
            check_minimum(promotion, lines, currency)
    if mode == "subscription" and "customer" in params:
        check_one_currency(sandbox, params["customer"], currency)
    expires = page_expiry(params, sandbox.now())
    id = new_id("checkout.session")
    taxed = params.get("automatic_tax", {}).get("enabled", False)
    session = sandbox.store.make(
        "checkout.session",
        {
            "id": id,
            "automatic_tax": {"enabled": taxed, "status": "complete" if taxed else None},
            "currency": currency,
            "custom_fields": [],
            "custom_text": {},
            "customer": params.get("customer"),
            "customer_creation": None if params.get("customer") or mode == "subscription" else "if_required",
            "discounts": [],
            "expires_at": expires,
            "line_items": None,
            "mode": mode,
            "payment_method_collection": params.get("payment_method_collection", "always"),
            "payment_method_types": ["card"],
            "payment_status": "unpaid",
            "shipping_options": [],
            "status": "open",
            "tax_id_collection": {"enabled": False, "required": "never", **params.get("tax_id_collection", {})},
            "ui_mode": params.get("ui_mode", "hosted_page"),
            "url": f"{sandbox.base_url}/pay/{id}",
            "metadata": checked(params.get("metadata")),
        },
    )
    update_plain(session, {name: params[name] for name in _PASSED if name in params}, _PASSED)
    sandbox.store.hidden(id).update(lines=lines, params=params, discounts=discounts)
    _count(sandbox, session)
    return sandbox.store.add("checkout.session", session)


def expire(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    session = sandbox.store.need("checkout.session", id)
    if session["status"] != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has '
            f"a status of `{session['status']}`."
        )
    session.update(status="expired", url=None)
    sandbox.events.emit("checkout.session.expired", session)
    return session


def update(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    session = sandbox.store.need("checkout.session", id)
    update_plain(session, params, ())
    return session


def list_lines(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    session = sandbox.store.need("checkout.session", id)
    return page(sandbox.store.hidden(session["id"])["lines"], params, f"/v1/checkout/sessions/{id}/line_items")


def list_sessions(sandbox: Sandbox, params: Obj) -> Obj:
    names = ("customer", "payment_intent", "status", "subscription")

    def wanted(one: Obj) -> bool:
        return all(one[name] == params[name] for name in names if name in params)

    return page(sandbox.store.all("checkout.session", wanted), params, "/v1/checkout/sessions")


def apply_code(sandbox: Sandbox, session: Obj, code: str) -> None:
    """A promotion code that was typed on the page; an empty one takes the last away."""
    hidden = sandbox.store.hidden(session["id"])
    if not session["allow_promotion_codes"]:
        raise StripeError("This page takes no promotion codes.", param="promotion_code")
    if not code:
        hidden["discounts"] = []
    else:
        promotion = promotion_by_code(sandbox, code, session["customer"])
        check_minimum(promotion, hidden["lines"], session["currency"])
        hidden["discounts"] = [{"promotion_code": promotion["id"]}]
    _count(sandbox, session)


def pay(
    sandbox: Sandbox,
    session: Obj,
    number: str | None,
    *,
    expiry: str = "",
    email: str = "",
    tax_id: str = "",
    asked: bool = False,
) -> str | None:
    """Completes the session, or raises what the page says. Returns the address at which the card's owner must confirm,
    None if it is done. A refused card leaves nothing behind: the page stays open, and is tried with another."""
    if session["status"] != "open":
        raise StripeError(f"This page is {session['status']}.", code="checkout_session_closed")
    saved = sandbox.store.copy()
    id = session["id"]
    try:
        method = make_method(sandbox, number, **expiry_of(sandbox, expiry)) if number else None
        if method and card_of(sandbox, method).asks and not card_of(sandbox, method).decline and not asked:
            sandbox.store.restore(saved)
            return f"{sandbox.base_url}/authenticate/{id}"
        if method:
            sandbox.store.hidden(method["id"])["confirmed"] = asked
        _complete(sandbox, session, method, email, tax_id)
    except StripeError:
        sandbox.store.restore(saved)
        sandbox.events.take_back()
        raise
    return None


def needs_card(session: Obj) -> bool:
    return bool(session["amount_total"]) or session["payment_method_collection"] == "always"


def _complete(sandbox: Sandbox, session: Obj, method: Obj | None, email: str, tax_id: str) -> None:
    customer = _customer(sandbox, session, email)
    hidden = sandbox.store.hidden(session["id"])
    if tax_id and session["tax_id_collection"]["enabled"] and customer:
        create_tax_id(sandbox, {"type": "eu_vat", "value": tax_id}, customer["id"])
    if method is None and needs_card(session):
        raise StripeError("Please enter a card.", param="number")
    if session["mode"] == "subscription":
        assert customer
        if method:
            attach_to(sandbox, method, customer["id"])
        _subscribe(sandbox, session, customer, method, hidden)
    else:
        _pay_once(sandbox, session, customer, method, hidden)
    zero = session["amount_total"] == 0
    details = {"email": customer["email"], "name": customer["name"]} if customer else {"email": email}
    session.update(
        status="complete",
        url=None,
        customer=customer["id"] if customer else None,
        payment_status="no_payment_required" if zero else "paid",
        customer_details={"address": {}, "tax_exempt": "none", **details},
    )
    sandbox.events.emit("checkout.session.completed", session)


def _subscribe(sandbox: Sandbox, session: Obj, customer: Obj, method: Obj | None, hidden: Obj) -> None:
    data = hidden["params"].get("subscription_data", {})
    items = [{"price": line["price"]["id"], "quantity": line["quantity"]} for line in hidden["lines"]]
    subscription = begin(
        sandbox,
        customer,
        {
            **data,
            "items": [item for item in items if sandbox.store.need("price", item["price"])["recurring"]],
            "currency": session["currency"],
            "default_payment_method": method and method["id"],
            "discounts": hidden["discounts"],
            "automatic_tax": {"enabled": session["automatic_tax"]["enabled"]},
        },
    )
    session.update(subscription=subscription["id"], invoice=subscription["latest_invoice"])
    invoice = sandbox.store.need("invoice", subscription["latest_invoice"])
    if invoice["status"] == "open":
        error = collect(sandbox, invoice, method, asked=True)
        if error:
            raise error


def _pay_once(sandbox: Sandbox, session: Obj, customer: Obj | None, method: Obj | None, hidden: Obj) -> None:
    data = hidden["params"].get("payment_intent_data", {})
    payer = customer["id"] if customer else None
    make_discounts(sandbox, hidden["discounts"], payer, checkout_session=session["id"])
    if not session["amount_total"] or method is None:
        return
    intent = open_intent(
        sandbox,
        amount=session["amount_total"],
        currency=session["currency"],
        customer=payer,
        description=data.get("description"),
        setup_future_usage=data.get("setup_future_usage"),
        metadata=checked(data.get("metadata")),
    )
    session["payment_intent"] = intent["id"]
    if error := take(sandbox, intent, method):
        raise error
    if data.get("setup_future_usage") and customer:
        attach_to(sandbox, method, customer["id"])


def _customer(sandbox: Sandbox, session: Obj, email: str) -> Obj | None:
    if session["customer"]:
        return sandbox.store.need("customer", session["customer"])
    address = session["customer_email"] or email
    if "@" not in address:
        raise StripeError("Please enter your email address.", param="email")
    wanted = session["mode"] == "subscription" or session["customer_creation"] == "always"
    return create_customer(sandbox, {"email": address}) if wanted else None


def _lines(sandbox: Sandbox, params: Obj, mode: str) -> tuple[list[Obj], str]:
    if not params.get("line_items"):
        raise StripeError("Missing required param: line_items.", code="parameter_missing", param="line_items")
    entries: list[tuple[Obj, int]] = []
    for place, one in enumerate(params["line_items"]):
        param = f"line_items[{place}]"
        if "price_data" in one:
            price = create_price(sandbox, one["price_data"])
            price["active"] = False
        elif "price" in one:
            price = sandbox.store.need("price", one["price"], f"{param}[price]")
            if not price["active"]:
                raise StripeError("The price specified is inactive.", param=f"{param}[price]")
        else:
            raise StripeError(
                f"Missing required param: {param}[price].", code="parameter_missing", param=f"{param}[price]"
            )
        if mode == "payment" and price["recurring"]:
            raise StripeError(
                "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
                "only one-time prices.",
                param=f"{param}[price]",
            )
        entries.append((price, one.get("quantity", 1)))
    if mode == "subscription" and not all(price["recurring"] for price, _ in entries):
        raise StripeError("The sandbox wants recurring prices only in `subscription` mode.", param="line_items")
    currency = check_currency(params.get("currency") or entries[0][0]["currency"])
    return [_line(sandbox, price, quantity, currency) for price, quantity in entries], currency


def _line(sandbox: Sandbox, price: Obj, quantity: int, currency: str) -> Obj:
    amount = amount_in(price, currency, "line_items") * quantity
    return {
        "id": f"li_{token()}",
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": currency,
        "description": product_name(sandbox, price),
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def _named_discounts(sandbox: Sandbox, params: Obj) -> list[Obj]:
    """Looked at now, redeemed when the session is paid."""
    saved = sandbox.store.copy()
    try:
        make_discounts(sandbox, params.get("discounts"), params.get("customer"))
    finally:
        sandbox.store.restore(saved)
        sandbox.events.take_back()
    return list(params.get("discounts") or [])


def _count(sandbox: Sandbox, session: Obj) -> None:
    """Amounts as the page shows them; with a trial nothing is due today."""
    hidden = sandbox.store.hidden(session["id"])
    data: dict[str, Any] = hidden["params"].get("subscription_data", {})
    trial = bool(data.get("trial_period_days") or data.get("trial_end"))
    subtotal = 0 if trial else sum(line["amount_subtotal"] for line in hidden["lines"])
    left = subtotal
    for discount in _as_if_redeemed(sandbox, hidden["discounts"], session["customer"]):
        left -= off(sandbox, discount, left, session["currency"])
    session["discounts"] = [
        {"coupon": one.get("coupon"), "promotion_code": one.get("promotion_code")} for one in hidden["discounts"]
    ]
    session.update(
        amount_subtotal=subtotal,
        amount_total=left,
        total_details={"amount_discount": subtotal - left, "amount_shipping": 0, "amount_tax": 0},
    )


def _as_if_redeemed(sandbox: Sandbox, given: list[Obj], customer: str | None) -> list[Obj]:
    found = []
    for one in given:
        promotion = sandbox.store.get("promotion_code", one.get("promotion_code"))
        coupon = sandbox.store.get("coupon", promotion["promotion"]["coupon"] if promotion else one.get("coupon"))
        id = new_id("discount")
        sandbox.store.hidden(id)["coupon"] = coupon
        found.append({"id": id, "end": None, "customer": customer})
    return found
