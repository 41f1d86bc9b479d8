"""The hosted pages by their addresses."""

from __future__ import annotations

from collections.abc import Callable

from billing.sandbox import checkout_page, invoice_page, portal, portal_page
from billing.sandbox.errors import StripeError
from billing.sandbox.invoices import settle_intent
from billing.sandbox.money import written
from billing.sandbox.pages import Answer, page, redirect
from billing.sandbox.payments import refuse_authentication, take
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj

Fields = dict[str, str]
# What a page answers to GET and to POST.
_Hosted = tuple[Callable[[Sandbox, Obj], Answer], Callable[[Sandbox, Obj, Fields], Answer]]
_CHECKOUT: _Hosted = (checkout_page.show, checkout_page.submit)
_INVOICE: _Hosted = (invoice_page.show, invoice_page.submit)
_PORTAL: _Hosted = (portal_page.show, portal_page.submit)
_NOWHERE = page("There is no such page", status=404)


def answer(sandbox: Sandbox, method: str, path: str, fields: Fields) -> Answer:
    name, _, rest = path.strip("/").partition("/")
    try:
        if name == "pay":
            return _pay(sandbox, method, rest, fields)
        if name == "authenticate":
            return _authenticate(sandbox, method, rest, fields)
        if name == "portal" and (session := portal.session_of(sandbox, rest)):
            return _either(_PORTAL, sandbox, method, session, fields)
        if name == "invoice":
            return _invoice(sandbox, method, rest, fields)
    except StripeError as error:
        return page(str(error), status=error.status)
    return _NOWHERE


def _either(hosted: _Hosted, sandbox: Sandbox, method: str, obj: Obj, fields: Fields) -> Answer:
    show, submit = hosted
    return submit(sandbox, obj, fields) if method == "POST" else show(sandbox, obj)


def _pay(sandbox: Sandbox, method: str, rest: str, fields: Fields) -> Answer:
    id, _, action = rest.partition("/")
    session = sandbox.store.need("checkout.session", id)
    if method == "POST" and action == "code":
        return checkout_page.apply_code(sandbox, session, fields)
    return _either(_CHECKOUT, sandbox, method, session, fields)


def _invoice(sandbox: Sandbox, method: str, rest: str, fields: Fields) -> Answer:
    secret, _, action = rest.partition("/")
    invoice = invoice_page.invoice_at(sandbox, secret)
    if invoice is None:
        return _NOWHERE
    return invoice_page.pdf(invoice) if action == "pdf" else _either(_INVOICE, sandbox, method, invoice, fields)


def _authenticate(sandbox: Sandbox, method: str, id: str, fields: Fields) -> Answer:
    """The bank's page: for a checkout session, for a card that is stored, or for a payment intent."""
    if id == "card":
        back = fields.get("back", "")
        if not back.startswith(("/portal/", "/invoice/", f"{sandbox.base_url}/invoice/")):
            return _NOWHERE
        return checkout_page.bank_page(back, "Your card asks for your confirmation.", fields)
    if session := sandbox.store.get("checkout.session", id):
        if method == "POST":
            return checkout_page.authenticated(sandbox, session, fields)
        amount = written(session["amount_total"], session["currency"])
        return checkout_page.bank_page(f"/authenticate/{id}", amount, fields)
    intent = sandbox.store.need("payment_intent", id)
    if intent["status"] != "requires_action":
        return page("There is nothing to confirm", status=410)
    if method == "POST":
        return _confirm_intent(sandbox, intent, fields.get("answer") == "complete")
    return checkout_page.bank_page(f"/authenticate/{id}", written(intent["amount"], intent["currency"]), {})


def _confirm_intent(sandbox: Sandbox, intent: Obj, agreed: bool) -> Answer:
    return_url = intent["next_action"]["redirect_to_url"]["return_url"]
    method = sandbox.store.need("payment_method", intent["payment_method"])
    if agreed:
        sandbox.store.hidden(method["id"])["confirmed"] = True
        take(sandbox, intent, method)
        settle_intent(sandbox, intent)
    else:
        refuse_authentication(sandbox, intent)
    done = page("Confirmed" if agreed else "Refused")
    return redirect(f"{return_url}?payment_intent={intent['id']}") if return_url else done
