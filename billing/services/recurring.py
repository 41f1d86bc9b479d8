"""Monthly recurring revenue (MRR), what moved it, and how many people stand behind it.

All of it is computed from paid invoices and the ledger as they are stored, for any moment in the past. That takes as long as there are
many of them: a job asks, and pages show what it kept (`recurring_months`).

**What an invoice is worth a month.** A paid invoice of a subscription, for a price of ours, is worth that price a month: the price of
a month, or a twelfth of that of a year, rounded. A discount counts if the invoice shows it: of an invoice that begins when the one
before it has ended (or is the first one), no more counts than its total without tax. A trial, whose invoice is one of nothing, is worth
nothing.

An invoice in the midst of a period (a change of plan) has a total made of prorations. It is worth its price, or its price less the
discount that the invoice which began the period shows (without tax) if that goes on: the same share of it, or the same amount. Which of
the three says the total: the one that is nearest to what the period costs with it and with those of earlier changes, or what the first
one of months after years, or the other way round, costs with the credit for the rest. Where prices hold their tax, the whole price
is less the share of tax that earlier invoices of its subscription show. Whether they hold it is known at Stripe alone: they do not if one
of these invoices was worth its whole price without tax. After a beginning of nothing, changes that cost nothing are worth nothing.

**When it counts.** From the moment at which its period has begun and it is paid, until the first of: a later invoice of the
same subscription counts, the subscription has ended, or DUNNING_GRACE_DAYS have passed since its period's end: so long a customer
whose renewal fails is one still. What is paid only after an invoice of a later period counts never: it is a debt. Nor does an invoice
count while all that its payments brought was paid back or was taken by a dispute (the ledger's sum of its charge, refunds, disputes and
reversals is zero or less); a dispute that is won makes it count again.

**MRR** of a person in a currency at a moment is the sum of what counts then of their subscriptions. At the bound between two months,
it is as it was just before.

**Movements** of a month compare each person's MRR at its end with that at its beginning, in each currency:
*new*: nothing before, and nothing ever counted for them before the month; *reactivation*: nothing before, but something had counted
once; *expansion*: more than before; *contraction*: less than before; *churn*: nothing any more. So their sum is the difference of the
two MRRs, and whoever comes and goes within a month is in neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

# Of the bounds, which are in order, an invoice counts at those after `starts` and up to `stops`: it is asked for their places instead of
# each bound for all invoices.
_COUNTING = """
WITH known AS (
    SELECT i.stripe_id, i.user_id, i.subscription_id, i.currency, i.period_start, i.period_end, i.created_at, i.total_minor, i.tax_minor,
           i.total_minor - i.tax_minor AS net, greatest(extract(epoch FROM i.period_end - i.period_start), 1) AS seconds,
           r.plan_id, r.amount_minor AS price, CASE r.interval WHEN 'year' THEN 12 ELSE 1 END AS months, s.ended_at,
           greatest(i.period_start, i.paid_at) AS starts,
           coalesce(max(i.period_start) OVER sooner > i.period_start, false) AS is_overtaken
    FROM billing_invoice i
    JOIN billing_subscription s ON s.stripe_id = i.subscription_id
    JOIN billing_planprice r ON r.id = i.price_id
    WHERE i.status = 'paid' AND i.paid_at IS NOT NULL AND i.period_start IS NOT NULL AND i.period_end IS NOT NULL
    WINDOW sooner AS (PARTITION BY i.subscription_id ORDER BY greatest(i.period_start, i.paid_at), i.period_end, i.stripe_id DESC
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), billed AS (
    SELECT *, CASE WHEN is_overtaken THEN starts
                   ELSE least(period_end + %(grace)s * interval '1 day', coalesce(ended_at, 'infinity'),
                              coalesce(min(starts) FILTER (WHERE NOT is_overtaken) OVER later, 'infinity')) END AS stops,
           coalesce(lag(period_end) OVER so_far > period_start, false) AS is_change,
           price * CASE WHEN bool_or(tax_minor > 0 AND net >= price) OVER earlier THEN 1
                        ELSE 1 - coalesce(sum(tax_minor) FILTER (WHERE tax_minor > 0 AND total_minor > 0) OVER earlier
                                          / sum(total_minor) FILTER (WHERE tax_minor > 0 AND total_minor > 0) OVER earlier, 0) END
               AS full_price
    FROM known
    WINDOW so_far AS (PARTITION BY subscription_id ORDER BY period_start, created_at, stripe_id),
           earlier AS (so_far ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
           later AS (PARTITION BY subscription_id ORDER BY starts, period_end, stripe_id DESC
                     ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
), by_period AS (
    SELECT *, count(*) FILTER (WHERE NOT is_change) OVER so_far AS period
    FROM billed
    WINDOW so_far AS (PARTITION BY subscription_id ORDER BY period_start, created_at, stripe_id)
), compared AS (
    SELECT *, first_value(least(price, net)) OVER so_far AS begun_net, first_value(price) OVER so_far AS begun_price,
           bool_or(total_minor > 0) OVER so_far AS was_paid,
           first_value(seconds) OVER so_far AS begun_seconds, first_value(period_end) OVER so_far AS begun_end,
           months = first_value(months) OVER so_far AS is_as_long,
           coalesce(lag(months) OVER so_far = first_value(months) OVER so_far, true) AS was_as_long,
           first_value(net) OVER so_far
               + first_value(seconds) OVER so_far * coalesce(sum(net / seconds) FILTER (WHERE is_change) OVER so_far, 0) AS summed
    FROM by_period
    WINDOW so_far AS (PARTITION BY subscription_id, period ORDER BY period_start, created_at, stripe_id)
), costing AS (
    SELECT *, price * begun_net::numeric / begun_price AS less_a_share,
           CASE WHEN is_as_long OR was_as_long
                THEN greatest(full_price - (full_price / price * begun_price - begun_net), 0) END AS less_an_amount,
           CASE WHEN is_as_long THEN summed
                WHEN was_as_long THEN net + (summed - begun_seconds * net / seconds)
                                            * greatest(extract(epoch FROM begun_end - period_start), 0) / begun_seconds
                ELSE net END AS implied
    FROM compared
), paid AS (
    SELECT stripe_id, user_id, subscription_id, currency, plan_id, starts, stops,
           round(CASE WHEN NOT is_change THEN least(price, net)::numeric / months
                      WHEN begun_net <= 0 THEN CASE WHEN was_paid THEN full_price::numeric / months ELSE 0 END
                      ELSE (SELECT cost FROM (VALUES (less_a_share, 1), (less_an_amount, 2), (full_price, 3)) AS costs(cost, n)
                            ORDER BY abs(cost - implied), n LIMIT 1) / months END)::bigint AS worth
    FROM costing
), bounds AS (
    SELECT at, n::int FROM unnest(%(bounds)s::timestamptz[]) WITH ORDINALITY AS bound(at, n)
), given_back AS (
    SELECT b.at, e.invoice_id FROM bounds b
    JOIN billing_ledgerentry e ON e.occurred_at < b.at AND e.account = 'money' AND e.kind <> 'fee'
    WHERE e.invoice_id IN (SELECT invoice_id FROM billing_ledgerentry
                           WHERE account = 'money' AND kind IN ('refund', 'dispute') AND invoice_id <> '')
    GROUP BY 1, 2 HAVING sum(e.amount_minor) <= 0
), counting AS (
    SELECT p.before + b.n::int AS n, b.at, p.*
    FROM (SELECT *, width_bucket(starts, %(bounds)s::timestamptz[]) AS before,
                 width_bucket(stops, %(bounds)s::timestamptz[]) AS reached FROM paid WHERE worth > 0) p
    CROSS JOIN LATERAL unnest((%(bounds)s::timestamptz[])[p.before + 1:p.reached]) WITH ORDINALITY AS b(at, n)
    WHERE NOT EXISTS (SELECT 1 FROM given_back g WHERE g.at = b.at AND g.invoice_id = p.stripe_id)
)
"""
_BY_PLAN = f"""{_COUNTING}
SELECT c.at, c.currency, p.name, sum(c.worth)::bigint, count(DISTINCT c.user_id)
FROM counting c JOIN billing_plan p ON p.id = c.plan_id
GROUP BY c.at, c.currency, p.name, p.rank ORDER BY c.at DESC, c.currency, p.rank
"""  # noqa: S608  (put together from what stands here)
# Each row of `mrr` is the end of the time before its bound and the beginning of the one after it, so it is beside its neighbours.
_MOVED = f"""{_COUNTING}, mrr AS (
    SELECT n, at, user_id, currency, sum(worth)::bigint AS worth FROM counting GROUP BY 1, 2, 3, 4
), neighbours AS (
    SELECT m.*, lag(n) OVER person AS n_before, lag(worth) OVER person AS worth_before, lead(n) OVER person AS n_after
    FROM mrr m WINDOW person AS (PARTITION BY user_id, currency ORDER BY n)
), moved AS (
    SELECT n - 1 AS month, user_id, currency, CASE WHEN n_before = n - 1 THEN worth_before ELSE 0 END AS before, worth AS after
    FROM neighbours WHERE n > 1
    UNION ALL
    SELECT n, user_id, currency, worth, 0 FROM neighbours
    WHERE n < cardinality(%(bounds)s::timestamptz[]) AND n_after IS DISTINCT FROM n + 1
), first_paid AS (
    SELECT user_id, currency, min(starts) AS starts FROM paid WHERE worth > 0 GROUP BY 1, 2
), named AS (
    SELECT b.at AS since, m.*, CASE WHEN before = 0 AND f.starts < b.at THEN 'reactivation' WHEN before = 0 THEN 'new'
                                    WHEN after = 0 THEN 'churn' WHEN after > before THEN 'expansion'
                                    WHEN after < before THEN 'contraction' ELSE 'same' END AS movement
    FROM moved m JOIN bounds b ON b.n = m.month JOIN first_paid f USING (user_id, currency)
)
SELECT since, currency, sum(before)::bigint, sum(after)::bigint,
       coalesce(sum(after - before) FILTER (WHERE movement = 'new'), 0)::bigint,
       coalesce(sum(after - before) FILTER (WHERE movement = 'reactivation'), 0)::bigint,
       coalesce(sum(after - before) FILTER (WHERE movement = 'expansion'), 0)::bigint,
       coalesce(sum(after - before) FILTER (WHERE movement = 'contraction'), 0)::bigint,
       coalesce(sum(after - before) FILTER (WHERE movement = 'churn'), 0)::bigint,
       count(*) FILTER (WHERE before > 0), count(*) FILTER (WHERE movement IN ('new', 'reactivation')),
       count(*) FILTER (WHERE movement = 'churn')
FROM named GROUP BY 1, 2 ORDER BY 1 DESC, 2
"""  # noqa: S608  (the same)


@dataclass(frozen=True, slots=True)
class PlanMrr:
    """At a moment, in the currency's smallest unit; `people` is how many have it."""

    at: datetime
    currency: str
    plan: str
    mrr: int
    people: int


@dataclass(frozen=True, slots=True)
class Movement:
    """Of the time that begins at `since`. `contraction` and `churn` are what went, and so below zero."""

    since: datetime
    currency: str
    opening: int
    closing: int
    new: int
    reactivation: int
    expansion: int
    contraction: int
    churn: int
    people: int
    people_came: int
    people_went: int

    @property
    def churn_rate(self) -> float | None:
        """The share of the people at its beginning who are gone at its end; None where there was nobody."""
        return self.people_went / self.people if self.people else None


def mrr_by_plan(bounds: Sequence[datetime]) -> list[PlanMrr]:
    """MRR at each of the moments, which are in order; the newest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_PLAN, _values(bounds))
        return [PlanMrr(*row) for row in cursor.fetchall()]


def movements(bounds: Sequence[datetime]) -> list[Movement]:
    """What moved MRR between each two of the moments, which are in order; nothing for a currency in which nobody paid.

    The newest first. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, _values(bounds))
        return [Movement(*row) for row in cursor.fetchall()]


def _values(bounds: Sequence[datetime]) -> dict[str, Any]:
    return {"bounds": list(bounds), "grace": settings.DUNNING_GRACE_DAYS}
