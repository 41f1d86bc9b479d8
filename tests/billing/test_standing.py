"""The rule at its edges, and what it must be whatever the state is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from billing.models import Subscription
from billing.standing import (
    Paid,
    Reason,
    Standing,
    State,
    Terms,
    dunning_steps,
    ends_at,
    next_look,
    standing,
    trial_reminder,
    withheld_by,
)

BEGIN = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TERMS = Terms(grace=timedelta(days=7), slack=timedelta(days=3), mail_days=(0, 3, 6))


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


def state(status: str = "active", **fields: Any) -> State:
    values = {"current_period_start": BEGIN, "current_period_end": day(30), "paid_until": day(30), "terms": TERMS}
    return State(status=status, **{**values, **fields})


PAST_DUE = state("past_due", unpaid_since=day(0), paid_until=day(0))


def test_a_date_to_end_on_ends_it_to_the_second_without_slack() -> None:
    ending = state(cancel_at=day(12))
    assert standing(ending, day(12) - SECOND) == Standing(True, day(12), Reason.ENDING)
    assert standing(ending, day(12)) == Standing(False, None, Reason.ENDED)


def test_a_date_to_end_on_that_lies_periods_ahead_is_said_but_each_renewal_is_still_waited_for() -> None:
    ending = state(cancel_at=day(90))
    assert standing(ending, day(1)).until == day(90)
    assert standing(ending, day(33)) == Standing(False, None, Reason.LAPSED)


def test_grace_ends_early_where_the_subscription_does() -> None:
    ending = replace(PAST_DUE, cancel_at=day(2))
    assert standing(ending, day(1)) == Standing(True, day(2), Reason.GRACE)
    assert standing(ending, day(2)).reason is Reason.ENDED


def test_without_grace_a_failed_payment_ends_it_at_once() -> None:
    strict = replace(PAST_DUE, terms=Terms(grace=timedelta(0), slack=TERMS.slack, mail_days=(0,)))
    assert standing(strict, day(0)) == Standing(False, None, Reason.UNPAID)
    assert [at for _, at in dunning_steps(strict)] == [day(0)]


def test_grace_counts_from_the_period_where_no_invoice_says_since_when() -> None:
    assert standing(replace(PAST_DUE, unpaid_since=None), day(7) - SECOND).holds
    assert not standing(replace(PAST_DUE, unpaid_since=None), day(7)).holds


def test_a_renewal_that_is_not_charged_yet_is_waited_for() -> None:
    renewed = state(current_period_start=day(30), current_period_end=day(61), paid_until=day(30))
    assert standing(renewed, day(33) - SECOND).holds
    assert standing(renewed, day(33)) == Standing(False, None, Reason.LAPSED)


def test_a_renewal_with_an_open_invoice_is_to_be_paid_and_holds() -> None:
    renewed = state(current_period_start=day(30), current_period_end=day(61), paid_until=day(30), unpaid_since=day(60))
    assert standing(renewed, day(40)).holds


def test_a_pause_over_a_renewal_gives_no_period_for_nothing() -> None:
    paused = state(is_paused=True, current_period_start=day(30), current_period_end=day(61))
    assert standing(paused, day(30) - SECOND) == Standing(True, day(30), Reason.PAUSED)
    assert not standing(paused, day(30)).holds
    assert not standing(replace(paused, is_paused=False), day(35)).holds


def test_a_pause_of_what_was_never_paid_gives_nothing() -> None:
    paused = state(is_paused=True, paid_until=None, cancel_at_period_end=True)
    assert (standing(paused, day(1)), ends_at(paused)) == (Standing(False, None, Reason.PAUSED), None)


def test_a_trial_that_became_active_waits_for_its_first_payment() -> None:
    begun = state(trial_end=day(14), current_period_start=day(14), current_period_end=day(45), paid_until=day(14))
    assert standing(begun, day(17) - SECOND).holds
    assert not standing(begun, day(17)).holds


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"has_price": False}, Reason.UNKNOWN_PRICE),
        ({"is_surplus": True}, Reason.SURPLUS),
        ({"withheld": "refunded"}, Reason.REFUNDED),
        ({"withheld": "disputed"}, Reason.DISPUTED),
        ({"status": "invented_next_year"}, Reason.INCOMPLETE),
    ],
)
def test_some_give_nothing_whatever_the_time(fields: dict[str, Any], reason: Reason) -> None:
    found = state(**fields)
    assert [standing(found, day(number)) for number in (0, 10, 40)] == [Standing(False, None, reason)] * 3
    assert next_look(found, day(-5)) is None


def test_it_is_looked_at_for_each_mail_of_dunning_and_for_the_end_of_the_grace() -> None:
    looks, now = [], day(-1)
    while (following := next_look(PAST_DUE, now)) is not None:
        looks.append(now := following)
    assert looks == [day(0), day(3), day(6), day(7)]


def test_a_trial_is_looked_at_before_it_ends_and_reminded_only_if_it_turns_into_payments() -> None:
    trial = state("trialing", trial_end=day(30))
    assert (trial_reminder(trial), next_look(trial, day(0)), next_look(trial, day(27))) == (day(27), day(27), day(33))
    assert trial_reminder(replace(trial, cancel_at_period_end=True)) is None
    assert trial_reminder(replace(trial, cancel_at=day(30))) is None
    # It turns into payments, and ends later.
    assert trial_reminder(replace(trial, cancel_at=day(90))) == day(27)
    assert trial_reminder(state()) is None


def test_a_pause_is_looked_at_when_it_is_to_be_over() -> None:
    paused = state(is_paused=True, pause_resumes_at=day(20))
    assert (next_look(paused, day(0)), next_look(paused, day(20))) == (day(20), day(30))


def test_an_ended_one_ended_when_stripe_says_so() -> None:
    assert ends_at(state("canceled", ended_at=day(4))) == day(4)
    assert ends_at(state("incomplete_expired", ended_at=day(1))) is None


@pytest.mark.parametrize(
    ("payments", "disputes", "expected"),
    [
        ([], [], ""),
        ([(499, 0)], [], ""),
        ([(499, 498)], [], ""),
        ([(499, 499)], [], "refunded"),
        ([(499, 499), (300, 0)], [], ""),
        ([(499, 499), (300, 300)], [], "refunded"),
        ([(499, 0)], ["needs_response"], "disputed"),
        ([(499, 0)], ["won", "under_review"], "disputed"),
        ([(499, 499)], ["lost"], "disputed"),
        ([(499, 0)], ["won"], ""),
        ([(499, 0)], ["warning_needs_response", "warning_under_review", "warning_closed"], ""),
    ],
)
def test_money_that_went_back_withholds_by_rule(
    payments: list[tuple[int, int]], disputes: list[str], expected: str
) -> None:
    assert withheld_by([Paid(*payment) for payment in payments], disputes) == expected


_days = some.integers(0, 45).map(day) | some.builds(lambda number: day(number) - SECOND, some.integers(1, 45))
_terms = some.builds(
    Terms,
    grace=some.integers(0, 14).map(lambda days: timedelta(days=days)),
    slack=some.integers(0, 96).map(lambda hours: timedelta(hours=hours)),
    mail_days=some.sampled_from([(), (0,), (0, 3, 6)]),
)
_states = some.builds(
    State,
    status=some.sampled_from(Subscription.Status.values),
    current_period_start=some.integers(0, 30).map(day),
    current_period_end=some.integers(30, 60).map(day),
    terms=_terms,
    trial_end=some.none() | _days,
    cancel_at_period_end=some.booleans(),
    cancel_at=some.none() | _days,
    ended_at=some.none() | _days,
    is_paused=some.booleans(),
    pause_resumes_at=some.none() | _days,
    paid_until=some.none() | _days,
    unpaid_since=some.none() | _days,
    withheld=some.sampled_from(Subscription.Withheld.values),
    has_price=some.booleans(),
    is_surplus=some.booleans(),
)
_MANY = settings(max_examples=500, deadline=None)


@_MANY
@given(found=_states, moments=some.lists(_days, min_size=1, max_size=12))
def test_it_is_the_same_however_often_and_in_whatever_order_it_is_asked(found: State, moments: list[datetime]) -> None:
    answers = {moment: standing(found, moment) for moment in moments}
    assert [standing(replace(found), moment) for moment in reversed(moments)] == [answers[m] for m in reversed(moments)]


@_MANY
@given(found=_states, now=_days, share=some.floats(0, 1, exclude_max=True))
def test_between_two_looks_nothing_changes(found: State, now: datetime, share: float) -> None:
    following = next_look(found, now) or now + timedelta(days=400)
    # A share of nearly all is rounded to all.
    between = min(now + (following - now) * share, following - timedelta(microseconds=1))
    assert standing(found, between) == standing(found, now)


@_MANY
@given(found=_states, earlier=_days, later=_days)
def test_what_is_over_does_not_begin_again_by_time_alone(found: State, earlier: datetime, later: datetime) -> None:
    earlier, later = min(earlier, later), max(earlier, later)
    assert standing(found, earlier).holds or not standing(found, later).holds


@_MANY
@given(found=_states, now=_days)
def test_it_holds_until_its_end_and_no_longer(found: State, now: datetime) -> None:
    end = ends_at(found)
    stands = standing(found, now)
    assert stands.holds == (found.status != "canceled" and end is not None and now < end)
    assert (stands.until is None) == (stands.reason in (Reason.TRIAL, Reason.SUBSCRIPTION) or not stands.holds)


@_MANY
@given(found=_states, now=_days, looked=_days, mailed=some.sampled_from([(), (1,)]))
def test_what_is_no_part_of_the_rule_changes_nothing(
    found: State, now: datetime, looked: datetime, mailed: tuple[int, ...]
) -> None:
    other = replace(found, pause_resumes_at=looked, terms=replace(found.terms, mail_days=mailed))
    assert standing(other, now) == standing(found, now)
