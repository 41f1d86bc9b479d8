"""Stripe's subscription → our row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from billing.gateway.client import Object
from billing.gateway.values import id_of, moment
from billing.models import PlanPrice


def read_subscription(found: Object, prices: Mapping[str, PlanPrice]) -> dict[str, Any]:
    """The columns that say what Stripe says. `prices` by Stripe's ids; one that is not ours is None.

    Periods are those of its first item: ours have one: https://docs.stripe.com/changelog/basil/2025-03-31/deprecate-subscription-current-period-start-and-end
    """
    item = found["items"]["data"][0]
    pause = found["pause_collection"] or {}
    coming, next_at = _following(found)
    return {
        "price_id": _key_of(prices.get(price_id(found))),
        "status": found["status"],
        "started_at": moment(found["start_date"]),
        "trial_end": moment(found["trial_end"]),
        "current_period_start": moment(item["current_period_start"]),
        "current_period_end": moment(item["current_period_end"]),
        "cancel_at_period_end": bool(found["cancel_at_period_end"]),
        "cancel_at": moment(found["cancel_at"]),
        "canceled_at": moment(found["canceled_at"]),
        "ended_at": moment(found["ended_at"]),
        "pause_behavior": pause.get("behavior") or "",
        "pause_resumes_at": moment(pause.get("resumes_at")),
        "schedule_id": id_of(found["schedule"]),
        "next_price_id": _key_of(prices.get(coming)),
        "next_price_at": moment(next_at),
    }


def price_id(found: Object) -> str:
    return id_of(found["items"]["data"][0]["price"])


def price_ids(found: Object) -> set[str]:
    """Of all prices that it has or will have."""
    phases = found["schedule"]["phases"] if isinstance(found["schedule"], dict) else []
    return {price_id(found), *(id_of(item["price"]) for phase in phases for item in phase["items"])} - {""}


def _following(found: Object) -> tuple[str, int | None]:
    """The price that its schedule brings next, and when; empty where it brings none."""
    schedule = found["schedule"]
    if not isinstance(schedule, dict) or not (current := schedule.get("current_phase")):
        return "", None
    for phase in schedule["phases"]:
        coming = id_of(phase["items"][0]["price"])
        if phase["start_date"] >= current["end_date"] and coming != price_id(found):
            return coming, phase["start_date"]
    return "", None


def _key_of(price: PlanPrice | None) -> int | None:
    return price.pk if price else None
