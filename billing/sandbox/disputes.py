"""Disputes: a customer's bank takes the money back: https://docs.stripe.com/disputes."""

from __future__ import annotations

from billing.sandbox.balance import book
from billing.sandbox.clock import DAY
from billing.sandbox.errors import StripeError
from billing.sandbox.metadata import update_plain
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj

# What Stripe takes for a dispute, whoever wins it.
FEE = 1500
_ANSWER_WITHIN = 7 * DAY


def open_dispute(sandbox: Sandbox, charge: Obj, amount: int, reason: str) -> Obj:
    if charge["disputed"] or not charge["paid"]:
        raise StripeError(f"Charge {charge['id']} cannot be disputed.", code="charge_disputed", param="charge")
    dispute = sandbox.store.add(
        "dispute",
        {
            "amount": amount,
            "balance_transactions": [],
            "charge": charge["id"],
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": {"enhanced_evidence": {}},
            "evidence_details": {
                "due_by": sandbox.now() + _ANSWER_WITHIN,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": False,
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "status": "needs_response",
        },
    )
    sandbox.events.emit("charge.dispute.created", dispute)
    with sandbox.events.change(charge, "charge.updated"):
        charge["disputed"] = True
    taken = book(sandbox, "adjustment", dispute, -amount, FEE, f"Chargeback withdrawal for {charge['id']}")
    dispute["balance_transactions"] = [taken]
    sandbox.events.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def update_dispute(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    dispute = sandbox.store.need("dispute", id)
    _check_open(dispute)
    with sandbox.events.change(dispute, "charge.dispute.updated"):
        update_plain(dispute, params, ("evidence",))
        if params.get("evidence"):
            details = {**dispute["evidence_details"], "has_evidence": True}
            if params.get("submit", True):
                details["submission_count"] += 1
                dispute["status"] = "under_review"
            dispute["evidence_details"] = details
    return dispute


def close_dispute(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    """Stripe's `close` gives in."""
    dispute = sandbox.store.need("dispute", id)
    _check_open(dispute)
    return decide(sandbox, dispute, won=False)


def decide(sandbox: Sandbox, dispute: Obj, *, won: bool) -> Obj:
    _check_open(dispute)
    dispute["status"] = "won" if won else "lost"
    if won:
        back = book(
            sandbox, "adjustment", dispute, dispute["amount"], 0, f"Chargeback reversal for {dispute['charge']}"
        )
        dispute["balance_transactions"] = [*dispute["balance_transactions"], back]
    sandbox.events.emit("charge.dispute.closed", dispute)
    if won:
        sandbox.events.emit("charge.dispute.funds_reinstated", dispute)
    return dispute


def _check_open(dispute: Obj) -> None:
    if dispute["status"] in ("won", "lost"):
        raise StripeError("This dispute is already closed", param="dispute")
