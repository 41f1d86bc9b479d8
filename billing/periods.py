"""Months that begin on a subscription's own day."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple


class Held(NamedTuple):
    """A time in which somebody had something, first and last day, and the day from which its months are counted."""

    begins: date
    ends: date
    counts_from: date


def period_at(anchor: date, day: date) -> tuple[date, date]:
    """The first day of the month-long period that `day` is in, and of the next one.

    Periods begin on the anchor's day of the month, or on the month's last day where there is no such day. Before the anchor the first
    period has not begun yet, and nothing counts.
    """
    if anchor > day:
        return anchor, _next(anchor, anchor.day)
    begins = _on_day(day.year, day.month, anchor.day)
    if begins > day:
        year, month = _earlier(day.year, day.month)
        begins = _on_day(year, month, anchor.day)
    return begins, _next(begins, anchor.day)


def anchor_of(held: Sequence[Held]) -> date:
    """The day from which the periods of something are counted that was held at these times, in their order.

    Whoever takes it up again before the period is over in which they left goes on with that period.
    """
    anchor, left = held[0].counts_from, held[0].ends
    for time in held[1:]:
        if time.begins >= period_at(anchor, left)[1]:
            anchor = time.counts_from
        left = max(left, time.ends)
    return anchor


def cycle_of(begins: date, *anchors: date) -> date:
    """The first of the anchors that has a period which begins on that day, or the day itself.

    A cycle that began on a 31st goes through the 28th of February and back: of a period that begins on a 28th the day alone does not say.
    """
    return next((anchor for anchor in anchors if anchor <= begins and period_at(anchor, begins)[0] == begins), begins)


def midnight(day: date) -> datetime:
    """The beginning of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return _on_day(year, month + 1, day.day)


def _on_day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _earlier(year: int, month: int) -> tuple[int, int]:
    return (year, month - 1) if month > 1 else (year - 1, 12)


def _next(begins: date, day: int) -> date:
    year, month = (begins.year, begins.month + 1) if begins.month < 12 else (begins.year + 1, 1)
    return _on_day(year, month, day)
