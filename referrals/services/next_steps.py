"""What is needed for a reward to come, or to go on: a sentence for each thing that waits."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
        text = _(
            "Send your link to a friend. A reward begins when they have joined with it and paid for the first time."
        )
        steps = [Step(text)]
    return steps


def _awaited(overview: Overview) -> list[Step]:
    count = overview.awaited
    if not count or not overview.offer.is_open:
        return []
    text = ngettext(
        "%(count)d friend has joined and not paid yet. A reward begins with the first payment.",
        "%(count)d friends have joined and not paid yet. A reward begins with the first payment.",
        count,
    )
    return [Step(text % {"count": count})]


def _pending(overview: Overview) -> list[Step]:
    waiting = [total for total in (*overview.totals, *overview.own) if total.state == PENDING]
    if not waiting:
        return []
    day = date_format(min(total.next_at for total in waiting), "DATE_FORMAT")
    text = _("The next reward is earned on %(day)s, unless its payment goes back until then. You need not do anything.")
    return [Step(text % {"day": day})]


def _looked_at(overview: Overview) -> list[Step]:
    count = sum(total.count for total in (*overview.totals, *overview.own) if total.state == REVIEW)
    text = ngettext(
        "We are looking at %(count)d reward. You need not do anything.",
        "We are looking at %(count)d rewards. You need not do anything.",
        count,
    )
    return [Step(text % {"count": count})] if count else []


def _credit(credit: Credit, invoiced_in: str) -> list[Step]:
    if not credit.available_minor:
        return []
    if credit.available_minor < 0:
        text = _("%(amount)s was spent before its payment went back. Your next rewards make up for it.")
    elif not invoiced_in:
        text = _("%(amount)s is earned and waits for an invoice that it can be taken off.")
    else:
        text = _("%(amount)s is earned and on its way to your next invoice.")
    needs_plan = credit.available_minor > 0 and not invoiced_in
    return [Step(text % {"amount": money(abs(credit.available_minor), credit.currency)}, needs_plan)]
