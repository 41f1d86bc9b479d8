"""Stripe's invoice → our row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from billing.gateway.client import Object
from billing.gateway.values import id_of, moment
from billing.models import PlanPrice


def read_invoice(found: Object, prices: Mapping[str, PlanPrice]) -> dict[str, Any]:
    """The columns that say what Stripe says, but for the subscription. Amounts are in the currency's smallest unit, as Stripe's are."""
    moments = found["status_transitions"]
    start, end = _period(found)
    price = prices.get(_price_id(found))
    return {
        "price_id": price.pk if price else None,
        "number": found["number"] or "",
        "status": found["status"],
        "currency": found["currency"].upper(),
        "total_minor": found["total"],
        "tax_minor": sum(tax["amount"] for tax in found["total_taxes"] or []),
        "amount_paid_minor": found["amount_paid"],
        "amount_due_minor": found["amount_due"],
        "created_at": moment(found["created"]),
        "finalized_at": moment(moments["finalized_at"]),
        "paid_at": moment(moments["paid_at"]),
        "period_start": moment(start),
        "period_end": moment(end),
        "promotion_codes": _promotion_codes(found),
        "attempt_count": found["attempt_count"],
        "next_payment_attempt": moment(found["next_payment_attempt"]),
        "hosted_url": found["hosted_invoice_url"] or "",
        "pdf_url": found["invoice_pdf"] or "",
    }


def _promotion_codes(found: Object) -> list[str]:
    """Of its discounts, which are expanded, those that took something off and came by a code; the others name a coupon alone."""
    took = {id_of(one["discount"]) for one in found["total_discount_amounts"] or [] if one["amount"]}
    discounts = [one for one in found["discounts"] or [] if isinstance(one, dict) and one["id"] in took]
    return sorted({id_of(one.get("promotion_code")) for one in discounts} - {""})


def subscription_id(found: Object) -> str:
    details = (found["parent"] or {}).get("subscription_details") or {}
    return id_of(details.get("subscription"))


def invoice_price_ids(found: Object) -> set[str]:
    return {_price_of(line) for line in found["lines"]["data"]} - {""}


def _price_id(found: Object) -> str:
    """Of its last line that is no proration; of an invoice for a change alone, of the last that costs something."""
    lines = [line for line in found["lines"]["data"] if _price_of(line)]
    whole = [line for line in lines if not _details(line).get("proration")]
    costly = [line for line in lines if line["amount"] > 0]
    return next((_price_of(some[-1]) for some in (whole, costly) if some), "")


def _period(found: Object) -> tuple[int | None, int | None]:
    """What is taken back is no time that is paid for: the rest of a year that was changed for a month."""
    periods = [
        line["period"]
        for line in found["lines"]["data"]
        if line["amount"] >= 0 and (_details(line).get("subscription") or _details(line).get("subscription_item"))
    ]
    if not periods:
        return None, None
    return min(one["start"] for one in periods), max(one["end"] for one in periods)


def _price_of(line: Object) -> str:
    return id_of(((line["pricing"] or {}).get("price_details") or {}).get("price"))


def _details(line: Object) -> Object:
    parent = line["parent"] or {}
    found: Object = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    return found
