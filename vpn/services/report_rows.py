"""The peer rows of a report: checked a column at a time, and one by one where a column has a fault. A bad row costs no good one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

# Two of them still add up within a bigint.
MAX_COUNT = 2**62 - 1
MAX_EPOCH = 2**63 - 1
STATUSES = {"online", "idle", "never"}
KEY_LENGTH = 44


@dataclass(slots=True)
class Rows:
    """Peer rows by column, and the index that each had in the report."""

    index: list[int] | range = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    rx: list[int] = field(default_factory=list)
    tx: list[int] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)

    def array_texts(self) -> dict[str, str]:
        """The columns as PostgreSQL's texts of arrays: one text costs a hundredth of as many values that are quoted one by one."""
        return {
            "keys": _text_array(self.keys),
            "rx": _integer_array(self.rx),
            "tx": _integer_array(self.tx),
            "epochs": _integer_array(self.epochs),
            "statuses": _text_array(self.statuses),
        }


def _integer_array(values: list[int]) -> str:
    return f"{{{orjson.dumps(values)[1:-1].decode()}}}"


def _text_array(values: list[str]) -> str:
    """Every element in quotes, so that no content is taken for anything else; of what is within them two characters mean something."""
    text = '","'.join(values)
    if "\\" in text or text.count('"') != 2 * (len(values) - 1):
        text = '","'.join(value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return f'{{"{text}"}}' if values else "{}"


def sort_rows(peers: list[Any]) -> tuple[Rows, list[tuple[int, str]]]:
    """The usable rows by column, and (index, reason) of those set aside. One epoch counts once a report."""
    rows = _whole(peers)
    return (rows, []) if rows is not None else _sort_one_by_one(peers)


def _whole(peers: list[Any]) -> Rows | None:
    """All rows, or None when one of them may be bad: then somebody has to say which."""
    if set(map(type, peers)) != {list}:
        return None
    try:
        keys, rx, tx, epochs, statuses, *_ = map(list, zip(*peers, strict=True))
    except ValueError:
        # Rows of different lengths, or with too few columns.
        return None
    if not (
        _are_integers(rx, 0, MAX_COUNT) and _are_integers(tx, 0, MAX_COUNT) and _are_integers(epochs, 1, MAX_EPOCH)
    ):
        return None
    if len(set(epochs)) != len(epochs) or not _are_texts(keys) or set(map(len, keys)) != {KEY_LENGTH}:
        return None
    text = "".join(keys)
    if not text.isascii() or "\0" in text or not _are_texts(statuses) or not set(statuses) <= STATUSES:
        return None
    return Rows(range(len(peers)), keys, rx, tx, epochs, statuses)


# type() and not isinstance(), here and below: True is an int for isinstance().
def _are_integers(values: Sequence[Any], least: int, most: int) -> bool:
    return set(map(type, values)) == {int} and min(values) >= least and max(values) <= most


def _are_texts(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {str}


def _fault(row: Any) -> str | None:
    """Why a peer row cannot be taken, or None."""
    if not isinstance(row, list) or len(row) < 5:
        return "bad_row"
    key, rx, tx, epoch, status = row[:5]
    if type(key) is not str or type(rx) is not int or type(tx) is not int or type(epoch) is not int:
        return "bad_row"
    if rx < 0 or tx < 0:
        return "negative"
    if rx > MAX_COUNT or tx > MAX_COUNT or not 0 < epoch <= MAX_EPOCH:
        return "too_large"
    if type(status) is not str or status not in STATUSES or len(key) != KEY_LENGTH or not key.isascii() or "\0" in key:
        return "bad_row"
    return None


def _sort_one_by_one(peers: list[Any]) -> tuple[Rows, list[tuple[int, str]]]:
    indexes: list[int] = []
    rows, aside = Rows(indexes), []
    seen: set[int] = set()
    for index, row in enumerate(peers):
        reason = _fault(row)
        if reason is None and row[3] in seen:
            reason = "bad_row"
        if reason is not None:
            aside.append((index, reason))
            continue
        seen.add(row[3])
        indexes.append(index)
        rows.keys.append(row[0])
        rows.rx.append(row[1])
        rows.tx.append(row[2])
        rows.epochs.append(row[3])
        rows.statuses.append(row[4])
    return rows, aside
