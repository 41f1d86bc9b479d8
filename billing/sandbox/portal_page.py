"""The hosted portal page: card, cancel, resume, invoices."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

from billing.sandbox import portal
from billing.sandbox.errors import StripeError
from billing.sandbox.money import written
from billing.sandbox.pages import Answer, alert, card_fields, form, link, page, redirect, table
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj

Fields = dict[str, str]


def show(sandbox: Sandbox, session: Obj, message: str = "", status: int = 200) -> Answer:
    customer = sandbox.store.get("customer", session["customer"])
    if customer is None:
        return page("This customer is gone", status=410)
    features = sandbox.store.need("billing_portal.configuration", session["configuration"])["features"]
    here = "/portal/" + session["url"].rsplit("/", 1)[1]
    parts = [alert(message), *_subscriptions(sandbox, customer, here, features["subscription_cancel"]["enabled"])]
    if features["payment_method_update"]["enabled"]:
        parts += [f"<h2>Card</h2><p>{escape(_card(sandbox, customer))}</p>", form(here, "Update card", card_fields())]
    if features["invoice_history"]["enabled"]:
        parts += ["<h2>Invoices</h2>", table(_invoices(sandbox, customer))]
    if session["return_url"]:
        parts.append(f"<p>{link(session['return_url'], 'Return')}</p>")
    return page("Your subscription", *parts, status=status)


def submit(sandbox: Sandbox, session: Obj, fields: Fields) -> Answer:
    customer = sandbox.store.need("customer", session["customer"])
    here = "/portal/" + session["url"].rsplit("/", 1)[1]
    try:
        if "subscription" in fields:
            ends = fields.get("action") == "cancel"
            portal.set_ending(sandbox, customer, fields["subscription"], ends=ends)
        elif not portal.replace_card(
            sandbox,
            customer,
            fields.get("number", ""),
            expiry=fields.get("expiry", ""),
            asked=fields.get("answer") == "complete",
        ):
            kept = urlencode({"number": fields.get("number", ""), "back": here})
            return redirect(f"/authenticate/card?{kept}")
    except StripeError as error:
        return show(sandbox, session, str(error), 402)
    return redirect(here)


def _subscriptions(sandbox: Sandbox, customer: Obj, here: str, may_cancel: bool) -> list[str]:
    parts = []
    for one in portal.live_subscriptions(sandbox, customer["id"]):
        item = one["items"]["data"][0]
        product = sandbox.store.need("product", item["price"]["product"])
        until = datetime.fromtimestamp(item["current_period_end"], UTC).strftime("%d %B %Y")
        verb = "Ends on" if one["cancel_at_period_end"] else "Renews on"
        parts.append(f"<h2>{escape(product['name'])}</h2><p>{escape(one['status'])}. {verb} {until}.</p>")
        if may_cancel:
            action, label = ("resume", "Resume") if one["cancel_at_period_end"] else ("cancel", "Cancel subscription")
            parts.append(form(here, label, hidden=[("subscription", one["id"]), ("action", action)]))
    return parts or ["<p>You have no subscription.</p>"]


def _card(sandbox: Sandbox, customer: Obj) -> str:
    own = [one["default_payment_method"] for one in portal.live_subscriptions(sandbox, customer["id"])]
    default = customer["invoice_settings"]["default_payment_method"]
    method = sandbox.store.get("payment_method", next(filter(None, own), default))
    return f"{method['card']['brand']} •••• {method['card']['last4']}" if method else "No card"


def _invoices(sandbox: Sandbox, customer: Obj) -> list[tuple[str, str]]:
    invoices = sandbox.store.all("invoice", lambda one: one["customer"] == customer["id"] and one["number"])
    return [
        (
            f"{one['number']} · {one['status']}",
            f"{escape(written(one['total'], one['currency']))} {link(one['hosted_invoice_url'], 'View')}",
        )
        for one in invoices
    ]
