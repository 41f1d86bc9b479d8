"""How a moment is written where it is a row's name, or a part of it: no line parts it."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.formats import date_format

from nexusvpn.templatetags.nexusvpn_ui import NO_BREAK


def moment_in_name(at: datetime) -> str:
    """With date and clock: a heading that ends in a bare clock names nothing."""
    return date_format(at, "DATETIME_FORMAT").replace(" ", NO_BREAK)


def day_in_name(at: date) -> str:
    return date_format(at).replace(" ", NO_BREAK)


def month_in_words(first_day: date) -> str:
    """ "October 2026", of a month that is kept as its first day."""
    return date_format(first_day, "YEAR_MONTH_FORMAT").replace(" ", NO_BREAK)
