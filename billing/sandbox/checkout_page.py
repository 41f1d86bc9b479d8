"""The hosted checkout page, and the bank's page that asks a card's owner."""

from __future__ import annotations

from html import escape
from urllib.parse import quote, urlencode

from billing.sandbox import checkout
from billing.sandbox.errors import StripeError
from billing.sandbox.money import written
from billing.sandbox.pages import Answer, alert, card_fields, form, link, page, redirect, table, text_field
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj

Fields = dict[str, str]


def show(sandbox: Sandbox, session: Obj, message: str = "", status: int = 200) -> Answer:
    if session["status"] == "complete":
        return redirect(success_url(session))
    if session["status"] == "expired":
        return page("This page has expired", _back(session), status=410)
    hidden = sandbox.store.hidden(session["id"])
    currency = session["currency"]
    rows = [(f"{line['quantity']} × {line['description']}", _price(line, currency)) for line in hidden["lines"]]
    if off := session["total_details"]["amount_discount"]:
        rows.append(("Discount", escape(written(-off, currency))))
    days = hidden["params"].get("subscription_data", {}).get("trial_period_days")
    if days:
        rows.append((f"{days} days free", ""))
    rows.append(("Due today", f"<strong>{escape(written(session['amount_total'], currency))}</strong>"))
    here = f"/pay/{session['id']}"
    promotion = form(f"{here}/code", "Apply", text_field("code", "Promotion code")) if _takes_codes(session) else ""
    return page(
        "Subscribe" if session["mode"] == "subscription" else "Pay",
        alert(message),
        table(rows),
        promotion,
        form(here, "Subscribe" if session["mode"] == "subscription" else "Pay", *_fields(sandbox, session)),
        _back(session),
        status=status,
    )


def submit(sandbox: Sandbox, session: Obj, fields: Fields) -> Answer:
    """Pays, or shows the page again with the reason."""
    if session["status"] != "open":
        return show(sandbox, session)
    try:
        asking = _pay(sandbox, session, fields, asked=False)
    except StripeError as error:
        return show(sandbox, _again(sandbox, session), str(error), 402)
    if asking:
        # The number goes with it, as nothing of the attempt is kept here.
        return redirect(f"{asking}?{urlencode({name: fields.get(name, '') for name in ('number', 'email', 'tax_id')})}")
    return redirect(success_url(_again(sandbox, session)))


def apply_code(sandbox: Sandbox, session: Obj, fields: Fields) -> Answer:
    try:
        checkout.apply_code(sandbox, session, fields.get("code", ""))
    except StripeError as error:
        return show(sandbox, session, str(error), 400)
    return redirect(f"/pay/{session['id']}")


def authenticated(sandbox: Sandbox, session: Obj, fields: Fields) -> Answer:
    """The owner's answer on the bank's page."""
    if fields.get("answer") != "complete":
        message = "We are unable to authenticate your payment method. Please choose a different one and try again."
        return show(sandbox, session, message, 402)
    try:
        _pay(sandbox, session, fields, asked=True)
    except StripeError as error:
        return show(sandbox, _again(sandbox, session), str(error), 402)
    return redirect(success_url(_again(sandbox, session)))


def bank_page(action: str, amount: str, fields: Fields) -> Answer:
    """3-D Secure: https://docs.stripe.com/testing#regulatory-cards."""
    kept = list(fields.items())
    return page(
        "Confirm with your bank",
        f"<p>{escape(amount)}</p>",
        form(action, "Complete", hidden=[*kept, ("answer", "complete")]),
        form(action, "Fail", hidden=[*kept, ("answer", "fail")]),
    )


def success_url(session: Obj) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", quote(session["id"]))


def _fields(sandbox: Sandbox, session: Obj) -> list[str]:
    fields = []
    if not session["customer"]:
        fields.append(text_field("email", "Email", session["customer_email"] or "", "email"))
    if session["tax_id_collection"]["enabled"]:
        fields.append(text_field("tax_id", "VAT number (optional)"))
    if checkout.needs_card(session):
        fields.append(card_fields())
    return fields


def _price(line: Obj, currency: str) -> str:
    recurring = line["price"]["recurring"]
    each = f" / {recurring['interval']}" if recurring else ""
    return escape(written(line["amount_total"], currency) + each)


def _takes_codes(session: Obj) -> bool:
    return bool(session["allow_promotion_codes"])


def _pay(sandbox: Sandbox, session: Obj, fields: Fields, *, asked: bool) -> str | None:
    email, tax_id = fields.get("email", ""), fields.get("tax_id", "")
    number, expiry = fields.get("number"), fields.get("expiry", "")
    return checkout.pay(sandbox, session, number, expiry=expiry, email=email, tax_id=tax_id, asked=asked)


def _again(sandbox: Sandbox, session: Obj) -> Obj:
    """The session as it is now: a refused attempt was taken back whole."""
    return sandbox.store.need("checkout.session", session["id"])


def _back(session: Obj) -> str:
    return f"<p>{link(session['cancel_url'], 'Back')}</p>" if session["cancel_url"] else ""
