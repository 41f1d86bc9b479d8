"""The peer rows of a report, checked one by one: one bad row must not cost the good ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Two of them still add up within a bigint.
MAX_COUNT = 2**62 - 1
MAX_EPOCH = 2**63 - 1
STATUSES = {"online", "idle", "never"}


@dataclass(slots=True)
class Rows:
    """Peer rows by column, and the index that each had in the report."""

    index: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    rx: list[int] = field(default_factory=list)
    tx: list[int] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)


def _fault(row: Any) -> str | None:
    """Why a peer row cannot be taken, or None."""
    if not isinstance(row, list) or len(row) < 5:
        return "bad_row"
    key, rx, tx, epoch, status = row[:5]
    # type() and not isinstance(): True is an int for isinstance().
    if type(key) is not str or type(rx) is not int or type(tx) is not int or type(epoch) is not int:
        return "bad_row"
    if rx < 0 or tx < 0:
        return "negative"
    if rx > MAX_COUNT or tx > MAX_COUNT or not 0 < epoch <= MAX_EPOCH:
        return "too_large"
    if type(status) is not str or status not in STATUSES or len(key) != 44 or not key.isascii() or "\0" in key:
        return "bad_row"
    return None


def sort_rows(peers: list[Any]) -> tuple[Rows, list[tuple[int, str]]]:
    """The usable rows by column, and (index, reason) of those set aside. One epoch counts once a report."""
    rows, aside = Rows(), []
    seen: set[int] = set()
    for index, row in enumerate(peers):
        reason = _fault(row)
        if reason is None and row[3] in seen:
            reason = "bad_row"
        if reason is not None:
            aside.append((index, reason))
            continue
        seen.add(row[3])
        rows.index.append(index)
        rows.keys.append(row[0])
        rows.rx.append(row[1])
        rows.tx.append(row[2])
        rows.epochs.append(row[3])
        rows.statuses.append(row[4])
    return rows, aside
