"""Stripe's charges and disputes → our rows, and what they moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.crypto import salted_hmac

from billing.gateway.client import Object
from billing.gateway.values import id_of, moment


def read_payment(found: Object) -> dict[str, Any]:
    """The columns that say what Stripe says, but for the invoice."""
    card = (found["payment_method_details"] or {}).get("card") or {}
    return {
        "payment_intent_id": id_of(found["payment_intent"]),
        "status": found["status"],
        "currency": found["currency"].upper(),
        "amount_minor": found["amount"],
        "refunded_minor": found["amount_refunded"],
        "failure_code": found["failure_code"] or "",
        "card_fingerprint_hash": hashed_fingerprint(card.get("fingerprint") or ""),
        "created_at": moment(found["created"]),
    }


def hashed_fingerprint(fingerprint: str) -> str:
    """The same card gives the same, and nobody without our key can say which card it was."""
    return salted_hmac("billing.card", fingerprint, algorithm="sha256").hexdigest() if fingerprint else ""


def read_dispute(found: Object) -> dict[str, Any]:
    return {
        "status": found["status"],
        "reason": found["reason"] or "",
        "currency": found["currency"].upper(),
        "amount_minor": found["amount"],
        "created_at": moment(found["created"]),
        "evidence_due_at": moment((found["evidence_details"] or {}).get("due_by")),
    }


def transactions_of(charge: Object, disputes: list[Object]) -> Iterator[Object]:
    """Every balance transaction of a payment, each with the object that it comes from."""
    if isinstance(charge["balance_transaction"], dict):
        yield charge["balance_transaction"]
    for refund in refunds_of(charge):
        for name in ("balance_transaction", "failure_balance_transaction"):
            if isinstance(refund.get(name), dict):
                yield {**refund[name], "source": {**refund, name: refund[name]["id"]}}
    for dispute in disputes:
        for transaction in dispute["balance_transactions"]:
            yield {**transaction, "source": {**dispute, "balance_transactions": []}}


def refunds_of(charge: Object) -> list[Object]:
    return list((charge.get("refunds") or {}).get("data", []))
