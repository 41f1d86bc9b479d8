"""What a tester may do with the sandbox and nobody with Stripe: `/_sandbox/…`, JSON in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billing.sandbox import disputes, due
from billing.sandbox.cards import CARDS
from billing.sandbox.deliveries import Switch
from billing.sandbox.errors import StripeError
from billing.sandbox.faults import Fault
from billing.sandbox.sandbox import DunningRules, Sandbox
from billing.sandbox.shapes import Obj

_AT_LAST = ("canceled", "unpaid", "past_due")


def clock(sandbox: Sandbox, body: Obj) -> Obj:
    return {"now": sandbox.now()}


def advance(sandbox: Sandbox, body: Obj) -> Obj:
    return {"now": due.advance(sandbox, int(body["seconds"]))}


def set_deliveries(sandbox: Sandbox, body: Obj) -> Obj:
    switch = Switch(
        mode=str(body.get("mode", "normal")),
        share=float(body.get("share", 1)),
        seconds=float(body.get("seconds", 1)),
        seed=int(body.get("seed", 0)),
    )
    sandbox.deliveries.set_switch(switch)
    return {"mode": switch.mode, "share": switch.share}


def list_deliveries(sandbox: Sandbox, body: Obj) -> Obj:
    return {"deliveries": sandbox.deliveries.described()}


def replay_lost(sandbox: Sandbox, body: Obj) -> Obj:
    return {"sent": sandbox.deliveries.replay("lost", body.get("order"))}


def release_held(sandbox: Sandbox, body: Obj) -> Obj:
    """`order`: ids of events."""
    return {"sent": sandbox.deliveries.replay("held", body.get("order"))}


def resend(sandbox: Sandbox, body: Obj) -> Obj:
    event = sandbox.store.need("event", str(body["event"]))
    sandbox.deliveries.resend(event)
    return {"sent": event["id"]}


def set_faults(sandbox: Sandbox, body: Obj) -> Obj:
    fault = Fault(
        mode=str(body["mode"]),
        count=int(body.get("count", 1)),
        path=str(body.get("path", "/v1/")),
        seconds=float(body.get("seconds", 30)),
    )
    sandbox.faults.set_fault(fault)
    return {"mode": fault.mode, "count": fault.count}


def set_dunning(sandbox: Sandbox, body: Obj) -> Obj:
    """`days` after each failure, and what the subscription becomes `at_last`."""
    at_last = body.get("at_last", "canceled")
    if at_last not in _AT_LAST:
        raise StripeError(f"Invalid at_last: must be one of {', '.join(_AT_LAST)}", param="at_last")
    sandbox.dunning = DunningRules([int(day) for day in body.get("days", (3, 5, 7))], at_last)
    return {"days": list(sandbox.dunning.days), "at_last": at_last}


def set_card(sandbox: Sandbox, body: Obj) -> Obj:
    """The card behind a stored payment method behaves like another test card from now on, as if its bank had decided so."""
    method = sandbox.store.need("payment_method", str(body["payment_method"]))
    number = str(body["number"])
    if number not in CARDS:
        raise StripeError("Your card number is incorrect.", param="number")
    sandbox.store.hidden(method["id"])["number"] = number
    return {"payment_method": method["id"], "number": number}


def dispute(sandbox: Sandbox, body: Obj) -> Obj:
    """A customer's bank disputes a charge."""
    charge = sandbox.store.need("charge", str(body["charge"]))
    amount = int(body["amount"]) if "amount" in body else charge["amount"]
    return disputes.open_dispute(sandbox, charge, amount, str(body.get("reason", "fraudulent")))


def decide_dispute(sandbox: Sandbox, body: Obj) -> Obj:
    """`outcome`: won or lost."""
    found = sandbox.store.need("dispute", str(body["dispute"]))
    return disputes.decide(sandbox, found, won=body.get("outcome") == "won")


CONTROLS: dict[tuple[str, str], Callable[[Sandbox, Obj], Obj]] = {
    ("GET", "clock"): clock,
    ("POST", "advance"): advance,
    ("GET", "deliveries"): list_deliveries,
    ("POST", "deliveries"): set_deliveries,
    ("POST", "deliveries/replay"): replay_lost,
    ("POST", "deliveries/release"): release_held,
    ("POST", "deliveries/resend"): resend,
    ("POST", "faults"): set_faults,
    ("POST", "dunning"): set_dunning,
    ("POST", "cards"): set_card,
    ("POST", "disputes"): dispute,
    ("POST", "disputes/decide"): decide_dispute,
}


def call(sandbox: Sandbox, method: str, name: str, body: Any) -> Obj:
    handler = CONTROLS.get((method, name))
    if handler is None:
        raise StripeError(f"There is no {method} /_sandbox/{name}", status=404)
    if not isinstance(body, dict):
        raise StripeError("The body must be a JSON object")
    try:
        return handler(sandbox, body)
    except KeyError as error:
        raise StripeError(f"Missing: {error.args[0]}", param=str(error.args[0])) from error
    except (TypeError, ValueError) as error:
        raise StripeError(f"Not understood: {error}") from error
