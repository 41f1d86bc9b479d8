from __future__ import annotations

from pathlib import Path

from django.db import connection

QUERIES = [
    "\n".join(line for line in part.splitlines() if line.strip())
    for part in Path(__file__).with_suffix(".sql").read_text().split(";")
    if any(line.strip() and not line.startswith("--") for line in part.splitlines())
]


def assert_invariants() -> None:
    """Fails naming the invariant and the first rows that break it."""
    for query in QUERIES:
        with connection.cursor() as cursor:
            cursor.execute(query)
            broken = cursor.fetchmany(5)
        assert not broken, f"{query}\n→ {broken}"
