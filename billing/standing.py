"""The rule by which a subscription gives its plan: stored facts and a time in, an answer out. Nothing else is asked, and nothing kept.

Statuses are Stripe's own: https://docs.stripe.com/api/subscriptions/object#subscription_object-status
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

# Before a trial turns into payments, its owner is reminded.
TRIAL_REMINDER = timedelta(days=3)


class Reason(StrEnum):
    """Why it gives its plan, or why not."""

    SUBSCRIPTION = "subscription"
    TRIAL = "trial"
    # It gives its plan until its end, which is known.
    ENDING = "ending"
    GRACE = "grace"
    PAUSED = "paused"

    INCOMPLETE = "incomplete"
    ENDED = "ended"
    # The payment failed and the grace is over.
    UNPAID = "unpaid"
    # What was paid for is over, and nothing was heard of a renewal.
    LAPSED = "lapsed"
    # Stripe paused it: the trial ended without a card.
    NO_CARD = "no_card"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    UNKNOWN_PRICE = "unknown_price"
    SURPLUS = "surplus"


@dataclass(frozen=True, slots=True)
class Terms:
    """How patient we are: after a payment failed, and after a period whose renewal was not heard of; and when is written meanwhile."""

    grace: timedelta
    slack: timedelta
    mail_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What is stored of a subscription, as far as it matters here; the fields are `Subscription`'s."""

    status: str
    current_period_start: datetime
    current_period_end: datetime
    terms: Terms
    trial_end: datetime | None = None
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None
    ended_at: datetime | None = None
    is_paused: bool = False
    pause_resumes_at: datetime | None = None
    paid_until: datetime | None = None
    unpaid_since: datetime | None = None
    withheld: str = ""
    has_price: bool = True
    is_surplus: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """`until` is when it stops giving its plan, as far as is known; None: it goes on, or gives nothing now."""

    holds: bool
    until: datetime | None
    reason: Reason


def standing(state: State, now: datetime) -> Standing:
    """Whether the subscription gives its plan at that time. An end is the first moment that does not belong to it."""
    refusal = _never(state)
    if refusal is not None:
        return Standing(False, None, refusal)
    reason, last = _stretch(state)
    end = _planned_end(state)
    if end is not None and now >= end:
        return Standing(False, None, Reason.ENDED)
    if last is None or now >= last:
        return Standing(False, None, _AFTER[reason])
    if reason in (Reason.TRIAL, Reason.SUBSCRIPTION):
        return Standing(True, None, reason) if end is None else Standing(True, end, Reason.ENDING)
    return Standing(True, min(last, end) if end else last, reason)


def ends_at(state: State) -> datetime | None:
    """When it stopped giving its plan, or will if nothing is heard meanwhile; None where it never gave it."""
    if state.ended_at is not None and state.status == "canceled":
        return state.ended_at
    if _never(state) is not None:
        return None
    _, last = _stretch(state)
    end = _planned_end(state)
    return last if last is None or end is None else min(last, end)


def next_look(state: State, now: datetime) -> datetime | None:
    """The next time at which it has to be looked at though nothing is heard: an end, a mail of dunning, a trial's reminder."""
    return min((moment for moment in _moments(state) if moment > now), default=None)


def dunning_steps(state: State) -> Iterator[tuple[int, datetime]]:
    """The days on which its owner is written to while a payment is missing, and when they begin. Without such a payment none."""
    if state.status in _UNPAID:
        for day in state.terms.mail_days:
            yield day, due_since(state) + timedelta(days=day)


def due_since(state: State) -> datetime:
    """Since when a payment is missing, where one is."""
    return state.unpaid_since or state.current_period_start


def trial_reminder(state: State) -> datetime | None:
    """When the owner of a trial is told that it is about to turn into payments; None where it does not."""
    end = _planned_end(state)
    if state.status != "trialing" or state.trial_end is None or (end is not None and end <= state.trial_end):
        return None
    return state.trial_end - TRIAL_REMINDER


class Paid(NamedTuple):
    """A payment that succeeded."""

    amount_minor: int
    refunded_minor: int


def withheld_by(payments: Sequence[Paid], disputes: Iterable[str]) -> str:
    """Why what was paid for a period counts as not paid: "refunded" or "disputed"; empty: it counts.

    `disputes` are Stripe's statuses of the payments' disputes. One that is won is over, and `warning_…` is a question of the bank.
    """
    if any(status in _ASKED_BACK for status in disputes):
        return str(Reason.DISPUTED)
    if payments and all(payment.refunded_minor >= payment.amount_minor for payment in payments):
        return str(Reason.REFUNDED)
    return ""


_ASKED_BACK = frozenset({"needs_response", "under_review", "lost"})
_UNPAID = frozenset({"past_due", "unpaid"})
_AFTER = {
    Reason.SUBSCRIPTION: Reason.LAPSED,
    Reason.TRIAL: Reason.LAPSED,
    Reason.GRACE: Reason.UNPAID,
    Reason.PAUSED: Reason.PAUSED,
}
_NEVER = {
    "incomplete": Reason.INCOMPLETE,
    "incomplete_expired": Reason.INCOMPLETE,
    "paused": Reason.NO_CARD,
    "canceled": Reason.ENDED,
}
_GIVING = frozenset({"trialing", "active", *_UNPAID})


def _never(state: State) -> Reason | None:
    """Why it gives nothing, whatever the time is."""
    if state.status not in _GIVING:
        # A status that Stripe will invent one day gives nothing until somebody has thought about it.
        return _NEVER.get(state.status, Reason.INCOMPLETE)
    if not state.has_price:
        return Reason.UNKNOWN_PRICE
    if state.is_surplus:
        return Reason.SURPLUS
    return Reason(state.withheld) if state.withheld else None


def _planned_end(state: State) -> datetime | None:
    """When it is to end, if it is."""
    if state.cancel_at is not None:
        return state.cancel_at
    return state.current_period_end if state.cancel_at_period_end else None


def _stretch(state: State) -> tuple[Reason, datetime | None]:
    """What it gives its plan for, and how long at most without news of Stripe; None: not at all."""
    if state.status in _UNPAID:
        return Reason.GRACE, due_since(state) + state.terms.grace
    if state.is_paused:
        return Reason.PAUSED, state.paid_until
    if state.status == "trialing":
        return Reason.TRIAL, (state.trial_end or state.current_period_end) + state.terms.slack
    return Reason.SUBSCRIPTION, _covered_until(state) + state.terms.slack


def _covered_until(state: State) -> datetime:
    """The end of an active subscription's period; of what was paid for, if this period was not and there is nothing to be paid either.

    So it is between a period's beginning and its invoice, and after a pause in which the invoice was made void: whoever pauses over a
    renewal gets no period for nothing.
    """
    if state.unpaid_since is None and state.paid_until is not None and state.paid_until <= state.current_period_start:
        return state.paid_until
    return state.current_period_end


def _moments(state: State) -> Iterator[datetime]:
    if _never(state) is not None:
        return
    for moment in (_stretch(state)[1], _planned_end(state), trial_reminder(state)):
        if moment is not None:
            yield moment
    if state.is_paused and state.pause_resumes_at is not None:
        yield state.pause_resumes_at
    yield from (at for _, at in dunning_steps(state))
