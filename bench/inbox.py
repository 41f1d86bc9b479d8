"""P20: every list of tickets and messages, in a large support desk beside a small one."""

from __future__ import annotations

from typing import Any

from django.test import override_settings

from bench.context import ROUNDS, Bench
from bench.desk import MESSAGES, Asked, fill_desk, lists, statements_of
from bench.results import Result
from bench.stats import median

TICKETS, QUICK_TICKETS = 1_000_000, 100_000
# Small, but with more than a page in every view.
SHARE = 10
# Pages of eight kB that a list reads, large against small; and statements of a list that read tickets, messages or files.
GOAL, MOST = 3.0, 2
# The home asks three questions.
BESIDE = {"staff's home": 1}
# A search finds more in a larger table, and here every subject has one of its words.
FOUND = ["inbox, found by a word", "inbox, found by an address"]
# Pages are shown as in production, but for the names of static files, which nobody has gathered here.
PLAIN_FILES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


def run_p20(bench: Bench) -> list[Result]:
    tickets = bench.size(TICKETS, QUICK_TICKETS)
    with override_settings(STORAGES=PLAIN_FILES):
        small = _measured(bench, tickets // SHARE)
        bench.empty_tables()
        large = _measured(bench, tickets)
    return [
        _result(
            "every view, thread and customer's page",
            [name for name in large if name not in FOUND],
            small,
            large,
            tickets,
        ),
        _result("what is searched for", FOUND, small, large, tickets),
    ]


def _measured(bench: Bench, tickets: int) -> dict[str, dict[str, Any]]:
    """Of each list: how many statements, how many pages they read, and their time in PostgreSQL, the median of the rounds."""
    fill_desk(tickets)
    bench.checkpoint()
    asked = {name: statements_of(ask) for name, ask in lists().items()}
    return {name: _costs(statements) for name, statements in asked.items()}


def _costs(statements: list[Asked]) -> dict[str, Any]:
    for each in statements:
        each.explain()
    rounds = [[each.explain() for each in statements] for _ in range(ROUNDS)]
    plans = [found["Plan"] for found in rounds[-1]]
    return {
        "statements": len(statements),
        "pages": sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans),
        "ms": round(median([sum(found["Execution Time"] for found in each) for each in rounds]), 3),
    }


def _result(
    what: str, names: list[str], small: dict[str, dict[str, Any]], large: dict[str, dict[str, Any]], tickets: int
) -> Result:
    ratios = {name: large[name]["pages"] / max(small[name]["pages"], 1) for name in names}
    worst = max(ratios, key=lambda name: ratios[name])
    many = [name for name in names if large[name]["statements"] > MOST + BESIDE.get(name, 0)]
    shown = "; ".join(
        f"{name} {large[name]['statements']} statements, pages {small[name]['pages']} and {large[name]['pages']}, "
        f"{small[name]['ms']:.2f} and {large[name]['ms']:.2f} ms"
        for name in names
    )
    how = (
        f"{len(names)} lists as pages through Django's test client, their statements about tickets, messages and files executed "
        f"again under EXPLAIN (ANALYZE, BUFFERS), everything in memory, median of {ROUNDS}; with {tickets // SHARE:,} tickets and "
        f"with {tickets:,}, {MESSAGES} messages in each: {shown}. More than {MOST} statements: {', '.join(many) or 'none'}."
    )
    slowest = max(large[name]["ms"] for name in names)
    value = ratios[worst]
    told = f"at most {value:.1f}× ({worst}), the slowest {slowest:.1f} ms"
    met = value <= GOAL and not many if names is not FOUND else None
    sizes = {"tickets": tickets, "messages": tickets * MESSAGES, "small": tickets // SHARE}
    samples = {name: {"small": small[name], "large": large[name]} for name in names}
    measure = f"pages read by {what}, {tickets:,} tickets and {tickets * MESSAGES:,} messages"
    goal = f"≤ {GOAL:.0f}×" if met is not None else "–"
    return Result("P20", measure, f"with {tickets // SHARE:,}", goal, value, told, met, how, sizes, samples)
