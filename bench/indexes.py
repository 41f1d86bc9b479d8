"""P16: what each index is worth to the query that it is for, on PostgreSQL's own clock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from bench.cases import Case
from bench.context import ROUNDS, Bench
from bench.filling import fill_table
from bench.indexed import every_table
from bench.results import Result
from bench.stats import median, paired_ratio

ROWS, QUICK_ROWS = 1_000_000, 100_000
HOT_GOAL, GOAL = 250.0, 10.0


@dataclass(frozen=True)
class Run:
    """One execution: milliseconds, and pages that it looked at."""

    ms: float
    pages: int


@dataclass(frozen=True)
class Gain:
    """A case's executions in pairs, and the gain when only its own index goes."""

    case: Case
    with_it: Sequence[Run]
    without: Sequence[Run]
    alone: float

    @property
    def times(self) -> float:
        return paired_ratio([each.ms for each in self.without], [each.ms for each in self.with_it])

    @property
    def pages(self) -> str:
        return f"{self.with_it[-1].pages} against {self.without[-1].pages}"

    def shown(self) -> str:
        beside = f" ({self.alone:.1f}× while {', '.join(self.case.beside)} stays)" if self.case.beside else ""
        ms = median([each.ms for each in self.with_it]), median([each.ms for each in self.without])
        return f"{self.case.index} {self.times:,.0f}×{beside}, {ms[0]:.3f} ms against {ms[1]:.1f}, pages {self.pages}"


def run_p16(bench: Bench) -> list[Result]:
    rows = bench.size(ROWS, QUICK_ROWS)
    gains: list[Gain] = []
    for table in every_table(rows):
        fill_table(table.model, rows, table.columns)
        bench.checkpoint()
        gains += [_gain(case) for case in table.cases]
        bench.empty_tables()
    hot = [gain for gain in gains if gain.case.hot]
    return [
        _result(f"the {len(hot)} hottest queries, with and without their index", hot, HOT_GOAL, rows),
        _result(f"each of {len(gains)} queries, with and without its index", gains, GOAL, rows),
    ]


def _gain(case: Case) -> Gain:
    _execute(case.query)
    with_it, without = [], []
    for _ in range(ROUNDS):
        with_it.append(_execute(case.query))
        without.append(_execute_without((case.index, *case.beside), case.query))
    alone = _execute_without((case.index,), case.query).ms / median([each.ms for each in with_it])
    return Gain(case, with_it, without, alone)


def _execute(query: QuerySet[Any]) -> Run:
    # All of it: a query set remembers its rows, the plan is made anew.
    found = json.loads(query.all().explain(format="json", analyze=True, buffers=True, timing=False))[0]
    plan = found["Plan"]
    return Run(found["Execution Time"], plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def _execute_without(indexes: Sequence[str], query: QuerySet[Any]) -> Run:
    """The same when these are not there, in a transaction that is rolled back."""
    with transaction.atomic(), connection.cursor() as cursor:
        for index in indexes:
            _drop(cursor, index)
        run = _execute(query)
        transaction.set_rollback(True)
    return run


def _drop(cursor: Any, index: str) -> None:
    cursor.execute("SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = %s AND conparentid = 0", [index])
    constrained = cursor.fetchone()
    if constrained:
        cursor.execute(f'ALTER TABLE {constrained[0]} DROP CONSTRAINT "{index}"')
    else:
        cursor.execute(f'DROP INDEX "{index}"')


def _result(measure: str, gains: Sequence[Gain], goal: float, rows: int) -> Result:
    worst = min(gains, key=lambda gain: gain.times)
    below = [gain for gain in gains if gain.times < goal]
    ordered = sorted(gains, key=lambda gain: gain.times)
    how = (
        f"{rows:,} rows in each table, {ROUNDS} pairs each, in one of each the index is dropped and the transaction rolled back; execution "
        f"time of EXPLAIN ANALYZE, everything in memory, median of the ratios. Below {goal:.0f}×: {len(below)}"
        f"{' (the goal is for 1,000,000 rows; a gain grows with the size)' if rows < ROWS else ''}. "
        f"{'; '.join(gain.shown() for gain in ordered)}."
    )
    samples = {
        gain.case.index: {
            "with_ms": [each.ms for each in gain.with_it],
            "without_ms": [each.ms for each in gain.without],
            "pages": gain.pages,
            "alone": round(gain.alone, 2),
        }
        for gain in gains
    }
    shown = f"{worst.times:,.0f}× ({worst.case.index}), {len(below)} of {len(gains)} below"
    met = not below if rows >= ROWS else None
    return Result("P16", measure, "without", f"≥ {goal:.0f}×", worst.times, shown, met, how, {"rows": rows}, samples)
