"""What is needed for a reward to come, or to go on: a sentence for each thing that waits."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.defaultfilters import pluralize
from django.utils.formats import date_format

from nexusvpn.templatetags.nexusvpn_ui import money
from referrals.reward_states import PENDING, REVIEW
from referrals.services.overview import Credit, Overview


@dataclass(frozen=True, slots=True)
class Step:
    """`needs_plan`: choosing a plan is what it waits for."""

    text: str
    needs_plan: bool = False


def next_steps(overview: Overview) -> list[Step]:
    steps = [*_awaited(overview), *_pending(overview), *_looked_at(overview)]
    for credit in overview.credit:
        steps += _credit(credit, overview.invoiced_in)
    if not steps and overview.offer.is_open:
        steps = [
            Step(
                "Send your link to a friend. A reward begins when they have joined with it and paid for the first time."
            )
        ]
    return steps


def _awaited(overview: Overview) -> list[Step]:
    count = overview.awaited
    if not count or not overview.offer.is_open:
        return []
    who = f"{count} friend{pluralize(count)} {pluralize(count, 'has,have')}"
    return [Step(f"{who} joined and not paid yet. A reward begins with the first payment.")]


def _pending(overview: Overview) -> list[Step]:
    waiting = [total for total in (*overview.totals, *overview.own) if total.state == PENDING]
    if not waiting:
        return []
    day = date_format(min(total.next_at for total in waiting), "j M Y")
    return [
        Step(f"The next reward is earned on {day}, unless its payment goes back until then. You need not do anything.")
    ]


def _looked_at(overview: Overview) -> list[Step]:
    count = sum(total.count for total in (*overview.totals, *overview.own) if total.state == REVIEW)
    return [Step(f"We are looking at {count} reward{pluralize(count)}. You need not do anything.")] if count else []


def _credit(credit: Credit, invoiced_in: str) -> list[Step]:
    amount = money(abs(credit.available_minor), credit.currency)
    if credit.available_minor < 0:
        return [Step(f"{amount} was spent before its payment went back. Your next rewards make up for it.")]
    if not credit.available_minor:
        return []
    if not invoiced_in:
        return [Step(f"{amount} is earned and waits for an invoice that it can be taken off.", needs_plan=True)]
    return [Step(f"{amount} is earned and on its way to your next invoice.")]
