"""Tables that are partitioned by time: their next partitions are made in advance, their old ones dropped.

Forgetting a month is dropping a table: no long DELETE, no bloat, and nothing of it left on disk. A default partition takes what no range
covers, so that a worker that was away for months cannot lose a record; what it took is moved when its range is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

AHEAD = 2


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A table partitioned by `column` in ranges of `months` (1 or 12)."""

    table: str
    column: str
    months: int
    options: str = ""

    def name_of(self, begins: date) -> str:
        return f"{self.table}_{begins:%Y_%m}" if self.months == 1 else f"{self.table}_{begins:%Y}"

    def range_of(self, day: date) -> date:
        """The first day of the range that a day is in."""
        return date(day.year, day.month if self.months == 1 else 1, 1)

    def next_range(self, begins: date) -> date:
        return add_months(begins, self.months)


USAGE_DAYS = Partitioned("vpn_usagerecord", "record_date", 1, "WITH (fillfactor = 80)")
USAGE_MONTHS = Partitioned("vpn_usagemonth", "month", 12)
NODE_HOURS = Partitioned("vpn_nodehour", "hour", 1)
EVERY = (USAGE_DAYS, USAGE_MONTHS, NODE_HOURS)


def add_months(day: date, months: int) -> date:
    """The first day of the month that many months later (or earlier)."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def make_partitions(today: date) -> list[str]:
    """Make the ranges of today and of the next AHEAD that are missing, in all tables; returns the names of the new partitions."""
    made = []
    for table in EVERY:
        begins = table.range_of(today)
        for _ in range(AHEAD + 1):
            if begins not in dict(existing(table)):
                _make(table, begins)
                made.append(table.name_of(begins))
            begins = table.next_range(begins)
    return made


def _make(table: Partitioned, begins: date) -> None:
    name, ends, default = table.name_of(begins), table.next_range(begins), f"{table.table}_default"
    # Nobody may put a row of this range into the default partition between its emptying and the new partition.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table.table} IN ACCESS EXCLUSIVE MODE")
        inside = f"{table.column} >= '{begins}' AND {table.column} < '{ends}'"
        cursor.execute(f"CREATE TEMPORARY TABLE moved ON COMMIT DROP AS SELECT * FROM {default} WHERE {inside}")  # noqa: S608
        cursor.execute(f"DELETE FROM {default} WHERE {inside}")  # noqa: S608  (names of our own)
        cursor.execute(
            f"CREATE TABLE {name} PARTITION OF {table.table} FOR VALUES FROM ('{begins}') TO ('{ends}') {table.options}"
        )
        cursor.execute(f"INSERT INTO {table.table} SELECT * FROM moved")  # noqa: S608
        cursor.execute("DROP TABLE moved")


def existing(table: Partitioned) -> Iterator[tuple[date, str]]:
    """(first day, name) of each range that there is, the oldest first."""
    shape = re.compile(rf"{table.table}_(\d{{4}})(?:_(\d\d))?")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass ORDER BY c.relname",
            [table.table],
        )
        names = [row[0] for row in cursor.fetchall()]
    for name in names:
        found = shape.fullmatch(name)
        if found is not None:
            yield date(int(found[1]), int(found[2] or 1), 1), name


def drop_before(table: Partitioned, first_kept: date) -> list[str]:
    """Drop every range that ends on or before a day, and that day's elders in the default partition; returns the dropped names."""
    dropped = [name for begins, name in existing(table) if table.next_range(begins) <= first_kept]
    with connection.cursor() as cursor:
        for name in dropped:
            cursor.execute(f"DROP TABLE {name}")
        cursor.execute(f"DELETE FROM {table.table}_default WHERE {table.column} < %s", [first_kept])  # noqa: S608
    return dropped
