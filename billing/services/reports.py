"""What came in and went out, by month, currency and plan; a sum of the ledger, and of the tax that its invoices say is in it.

Most of it is added up already, by days (`billing.services.ledger_days`): the answer is what the entries alone would give.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from billing.models import LedgerDay, LedgerEntry
from billing.periods import midnight
from billing.services.ledger_days import ENTRIES, TAX, first_open


@dataclass(frozen=True, slots=True)
class Takings:
    """In the currency's smallest unit. Refunds, disputes and fees are what went out, and so below zero, and so is `tax`, which is owed of
    what was charged and not given back; `net` is the sum of all.

    Stripe's fees are in the currency in which Stripe settles: where that is another one than customers pay in, they have a row of
    their own. `plan` is empty for what belongs to none.
    """

    month: date
    currency: str
    plan: str
    gross: int
    refunds: int
    disputes: int
    fees: int
    other: int
    tax: int
    net: int


# A movement is in exactly one part: what was written down on a day that is added up, what was written down since, and what belongs to
# the last, unfinished day that is asked for.
_TAKINGS = f"""
SELECT date_trunc('month', e.day)::date AS month, e.currency, coalesce(p.name, '') AS plan,
       coalesce(sum(e.amount_minor) FILTER (WHERE e.kind = 'charge'), 0)::bigint,
       coalesce(sum(e.amount_minor) FILTER (WHERE e.kind = 'refund'), 0)::bigint,
       coalesce(sum(e.amount_minor) FILTER (WHERE e.kind IN ('dispute', 'dispute_reversal')), 0)::bigint,
       coalesce(sum(e.amount_minor) FILTER (WHERE e.kind = 'fee'), 0)::bigint,
       coalesce(sum(e.amount_minor) FILTER (
           WHERE e.kind NOT IN ('charge', 'refund', 'dispute', 'dispute_reversal', 'fee')), 0)::bigint,
       -sum(e.tax_minor)::bigint,
       sum(e.amount_minor - e.tax_minor)::bigint
FROM (
    SELECT occurred_on AS day, kind, currency, price_id, amount_minor, tax_minor FROM billing_ledgerday
    WHERE recorded_on < %(open)s AND occurred_on >= %(first)s AND occurred_on < %(last)s
    UNION ALL
    SELECT (e.occurred_at AT TIME ZONE 'UTC')::date, e.kind, e.currency, e.price_id, e.amount_minor, {TAX} FROM {ENTRIES}
    WHERE e.account = 'money' AND e.recorded_at >= %(opens)s AND e.occurred_at >= %(since)s AND e.occurred_at < %(last_begins)s
    UNION ALL
    SELECT (e.occurred_at AT TIME ZONE 'UTC')::date, e.kind, e.currency, e.price_id, e.amount_minor, {TAX} FROM {ENTRIES}
    WHERE e.account = 'money' AND e.occurred_at >= %(last_begins)s AND e.occurred_at < %(until)s
) e
LEFT JOIN billing_planprice r ON r.id = e.price_id
LEFT JOIN billing_plan p ON p.id = r.plan_id
WHERE (%(currency)s = '' OR e.currency = %(currency)s)
GROUP BY 1, 2, 3, p.rank ORDER BY 1 DESC, 2, p.rank NULLS LAST
"""  # noqa: S608  (put together from what stands here and there)


def takings(*, since: datetime, until: datetime, currency: str = "") -> list[Takings]:
    """The newest month first; months are those of UTC, and `since` is the beginning of a day of it. Two queries."""
    first, last = since.astimezone(UTC).date(), until.astimezone(UTC).date()
    if midnight(first) != since:
        raise ValueError("Takings are added up from the beginning of a day on.")
    # Asked first, and told to the other: a day that is added up meanwhile is in its sums as little as before.
    open_ = first_open()
    values: dict[str, Any] = {
        "since": since,
        "until": until,
        "currency": currency.upper(),
        "open": open_,
        "opens": midnight(open_),
        "first": first,
        "last": last,
        "last_begins": max(midnight(last), since),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKINGS, values)
        return [Takings(*row) for row in cursor.fetchall()]


def currencies() -> list[str]:
    """In which there ever was money, fees included. Two queries."""
    added_up = LedgerDay.objects.order_by().values_list("currency")
    since = LedgerEntry.objects.filter(account=LedgerEntry.Account.MONEY, recorded_at__gte=midnight(first_open()))
    return sorted(currency for (currency,) in added_up.union(since.order_by().values_list("currency")))


def month_bounds(until: datetime, months: int) -> list[datetime]:
    """The beginnings of so many months up to the one that `until` is in, and `until` itself: each month lies between two of them."""
    local = until.astimezone(UTC)
    firsts = [local.year * 12 + local.month - 1 - back for back in reversed(range(months))]
    return [*(midnight(date(number // 12, number % 12 + 1, 1)) for number in firsts), until]
