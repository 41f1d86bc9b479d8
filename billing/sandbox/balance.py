"""Balance transactions: what each charge, refund and dispute did to the account, with Stripe's fees."""

from __future__ import annotations

from collections import Counter

from billing.sandbox.clock import DAY
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj


def book(sandbox: Sandbox, type: str, source: Obj, amount: int, fee: int = 0, description: str | None = None) -> Obj:
    currency = source["currency"]
    details = [{"amount": fee, "application": None, "currency": currency, "description": "Stripe processing fees"}]
    return sandbox.store.add(
        "balance_transaction",
        {
            "amount": amount,
            "available_on": sandbox.now() + 2 * DAY,
            "balance_type": "payments",
            "currency": currency,
            "description": description,
            "fee": fee,
            "fee_details": [{**detail, "type": "stripe_fee"} for detail in details if fee],
            "net": amount - fee,
            "reporting_category": {"adjustment": "dispute"}.get(type, type),
            "source": source["id"],
            "status": "pending",
            "type": type,
        },
    )


def mature(sandbox: Sandbox) -> None:
    for entry in sandbox.store.all("balance_transaction", lambda one: one["status"] == "pending"):
        if entry["available_on"] <= sandbox.now():
            entry["status"] = "available"


def retrieve_balance(sandbox: Sandbox, params: Obj) -> Obj:
    mature(sandbox)
    sums: dict[str, Counter[str]] = {"available": Counter(), "pending": Counter()}
    for entry in sandbox.store.all("balance_transaction"):
        sums[entry["status"]][entry["currency"]] += entry["net"]
    lists = {
        status: [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in sums[status].items()
        ]
        for status in sums
    }
    return {"object": "balance", "livemode": False, **lists}
