"""The page of reports: the last months in one currency, or in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from billing.models import LedgerEntry
from billing.services.recurring import Movement, PlanMrr, movements, mrr_by_plan
from billing.services.reports import month_bounds, takings
from nexusvpn.admin_base import Panel
from nexusvpn.money import major
from nexusvpn.templatetags.nexusvpn_ui import money, percent

MONTHS = (3, 12, 24, 60)
DEFAULT_MONTHS = 12
TAKINGS = ("month", "currency", "plan", "gross", "refunds", "disputes", "fees", "other", "net")
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
)
_PARTS = TAKINGS[3:]
_STEPS = MRR[2:9]
_PEOPLE = MRR[9:]


@dataclass(frozen=True, slots=True)
class Asked:
    """`bounds` as `month_bounds` gives them; `currency` is empty for all."""

    bounds: list[datetime]
    months: int
    currency: str

    def takes(self, currency: str) -> bool:
        return not self.currency or currency == self.currency


def asked_for(request: HttpRequest) -> Asked:
    """What nobody offers is read as the default: a report is no form."""
    months = request.GET.get("months", "")
    wanted = int(months) if months in {str(number) for number in MONTHS} else DEFAULT_MONTHS
    currency = request.GET.get("currency", "").upper()
    known = currency if len(currency) == 3 and currency.isascii() and currency.isalpha() else ""
    return Asked(month_bounds(timezone.now(), wanted), wanted, known)


def report_of(asked: Asked) -> dict[str, Any]:
    """What the template shows. Five queries, whatever there is."""
    return {
        "months": asked.months,
        "choices": MONTHS,
        "currency": asked.currency,
        "currencies": list(_currencies()),
        "tables": [_takings_table(asked), _movements_table(asked), _plans_table(asked)],
    }


def takings_rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """In units of the currency, as a spreadsheet adds them up."""
    for row in takings(since=asked.bounds[0], until=asked.bounds[-1], currency=asked.currency):
        amounts = (major(getattr(row, name), row.currency) for name in _PARTS)
        yield (f"{row.month:%Y-%m}", row.currency, row.plan, *amounts)


def mrr_rows(asked: Asked) -> Iterator[tuple[Any, ...]]:
    for row in _moved(asked):
        amounts = (major(getattr(row, name), row.currency) for name in _STEPS)
        yield (f"{row.since:%Y-%m}", row.currency, *amounts, *(getattr(row, name) for name in _PEOPLE))


def _currencies() -> QuerySet[LedgerEntry, str]:
    money_entries = LedgerEntry.objects.filter(account=LedgerEntry.Account.MONEY)
    return money_entries.order_by("currency").values_list("currency", flat=True).distinct()


def _moved(asked: Asked) -> list[Movement]:
    return [row for row in movements(asked.bounds) if asked.takes(row.currency)]


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
        gettext("Net"),
    )
    return Panel(gettext("What came in and went out"), headings, rows)


def _movements_table(asked: Asked) -> Panel:
    rows = [
        (
            date_format(row.since.date(), "YEAR_MONTH_FORMAT"),
            row.currency,
            *(money(getattr(row, name), row.currency) for name in _STEPS),
            percent(row.churn_rate),
        )
        for row in _moved(asked)
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


def _plans_table(asked: Asked) -> Panel:
    now = asked.bounds[-1]
    found: list[PlanMrr] = [row for row in mrr_by_plan([now]) if asked.takes(row.currency)]
    rows = [(row.plan, row.currency, money(row.mrr, row.currency), row.people) for row in found]
    return Panel(
        gettext("Monthly recurring revenue now"), (gettext("Plan"), gettext("Currency"), "MRR", gettext("People")), rows
    )
