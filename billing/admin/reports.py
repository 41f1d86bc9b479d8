"""The page of reports: the last months in one currency, or in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from billing.services.recurring import Movement
from billing.services.recurring_months import Counted, last_counted
from billing.services.reports import currencies, month_bounds, takings
from nexusvpn.admin_base import Panel
from nexusvpn.money import major
from nexusvpn.templatetags.nexusvpn_ui import money, percent

MONTHS = (3, 12, 24, 60)
DEFAULT_MONTHS = 12
TAKINGS = ("month", "currency", "plan", "gross", "refunds", "disputes", "fees", "other", "tax", "net")
MRR = (
    "month",
    "currency",
    "opening",
    "new",
    "reactivation",
    "expansion",
    "contraction",
    "churn",
    "closing",
    "people",
    "people_came",
    "people_went",
    "counted_at",
)
_PARTS = TAKINGS[3:]
_STEPS = MRR[2:9]
_PEOPLE = MRR[9:12]


@dataclass(frozen=True, slots=True)
class Asked:
    """`bounds` as `month_bounds` gives them; `currency` is empty for all."""

    bounds: list[datetime]
    months: int
    currency: str

    def takes(self, currency: str) -> bool:
        return not self.currency or currency == self.currency

    @property
    def firsts(self) -> list[date]:
        """The first days of its months, in order."""
        return [bound.date() for bound in self.bounds[:-1]]


def asked_for(request: HttpRequest) -> Asked:
    """What nobody offers is read as the default: a report is no form."""
    months = request.GET.get("months", "")
    wanted = int(months) if months in {str(number) for number in MONTHS} else DEFAULT_MONTHS
    currency = request.GET.get("currency", "").upper()
    known = currency if len(currency) == 3 and currency.isascii() and currency.isalpha() else ""
    return Asked(month_bounds(timezone.now(), wanted), wanted, known)


def report_of(asked: Asked) -> dict[str, Any]:
    """What the template shows; recurring revenue as it was counted last. Five queries, whatever there is."""
    counted = last_counted(asked.firsts[0])
    return {
        "months": asked.months,
        "choices": MONTHS,
        "currency": asked.currency,
        "currencies": currencies(),
        "takings": _takings_table(asked),
        "counted_at": counted and counted.at,
        "lacks_months": counted is not None and not all(map(counted.knows, asked.firsts)),
        "recurring": [_movements_table(asked, counted), _plans_table(asked, counted)] if counted else [],
    }


def takings_rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """In units of the currency, as a spreadsheet adds them up."""
    for row in takings(since=asked.bounds[0], until=asked.bounds[-1], currency=asked.currency):
        amounts = (major(getattr(row, name), row.currency) for name in _PARTS)
        yield (f"{row.month:%Y-%m}", row.currency, row.plan, *amounts)


def mrr_rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """A month that is not counted yet has a row of nothing but itself."""
    counted = last_counted(asked.firsts[0])
    for month, row in _moved(asked, counted):
        if counted is None or row is None:
            yield (f"{month:%Y-%m}", *("" for _ in MRR[1:]))
            continue
        amounts = (major(getattr(row, name), row.currency) for name in _STEPS)
        people = (getattr(row, name) for name in _PEOPLE)
        yield (f"{month:%Y-%m}", row.currency, *amounts, *people, counted.at.isoformat())


def _moved(asked: Asked, counted: Counted | None) -> Iterator[tuple[date, Movement | None]]:
    """The newest month first, each as often as there are currencies in it; with None if it was not counted."""
    for month in reversed(asked.firsts):
        if counted is None or not counted.knows(month):
            yield month, None
            continue
        for row in counted.months:
            if row.since.date() == month and asked.takes(row.currency):
                yield month, row


def _takings_table(asked: Asked) -> Panel:
    found = takings(since=asked.bounds[0], until=asked.bounds[-1], currency=asked.currency)
    rows = [
        (
            date_format(row.month, "YEAR_MONTH_FORMAT"),
            row.currency,
            row.plan or None,
            *(money(getattr(row, name), row.currency) for name in _PARTS),
        )
        for row in found
    ]
    headings = (
        gettext("Month"),
        gettext("Currency"),
        gettext("Plan"),
        gettext("Gross"),
        gettext("Refunds"),
        gettext("Disputes"),
        gettext("Fees"),
        gettext("Other"),
        gettext("Tax"),
        gettext("Net"),
    )
    return Panel(gettext("What came in and went out"), headings, rows)


def _movements_table(asked: Asked, counted: Counted) -> Panel:
    rows = [
        (
            date_format(month, "YEAR_MONTH_FORMAT"),
            row and row.currency,
            *(row and money(getattr(row, name), row.currency) for name in _STEPS),
            row and percent(row.churn_rate),
        )
        for month, row in _moved(asked, counted)
    ]
    headings = (
        gettext("Month"),
        gettext("Currency"),
        gettext("MRR before"),
        gettext("New"),
        gettext("Came back"),
        gettext("Expansion"),
        gettext("Contraction"),
        gettext("Churn"),
        gettext("MRR after"),
        gettext("People who left"),
    )
    return Panel(gettext("What moved monthly recurring revenue (MRR)"), headings, rows)


def _plans_table(asked: Asked, counted: Counted) -> Panel:
    found = [row for row in counted.by_plan if asked.takes(row.currency)]
    rows = [(row.plan, row.currency, money(row.mrr, row.currency), row.people) for row in found]
    return Panel(
        gettext("Monthly recurring revenue by plan"),
        (gettext("Plan"), gettext("Currency"), "MRR", gettext("People")),
        rows,
    )
