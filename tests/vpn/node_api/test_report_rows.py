"""Checking a report's rows a column at a time says exactly what checking them one by one says."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from django.db import connection

from tests.factories.vpn import new_key
from vpn.services.report_rows import MAX_COUNT, MAX_EPOCH, Rows, _sort_one_by_one, _whole, sort_rows

KEY = "A" * 43 + "="
# Every one of them has cost a report before it was looked for, or would cost it if nobody looked.
ODD_KEYS = [
    '"' * 44,
    "\\" * 44,
    "{" * 43 + "}",
    "," * 44,
    "NULL" * 11,
    " " * 44,
    "a\n\t'%" * 8 + "abcd",
    '","' + "a" * 41,
]
FAULTS: list[tuple[Any, str]] = [
    ([KEY, -1, 1, 7, "online"], "negative"),
    ([KEY, 1, -1, 7, "online"], "negative"),
    ([KEY, MAX_COUNT + 1, 1, 7, "online"], "too_large"),
    ([KEY, 1, MAX_COUNT + 1, 7, "online"], "too_large"),
    ([KEY, 1, 1, 0, "online"], "too_large"),
    ([KEY, 1, 1, MAX_EPOCH + 1, "online"], "too_large"),
    ([KEY, 1.0, 1, 7, "online"], "bad_row"),
    ([KEY, 1, True, 7, "online"], "bad_row"),
    ([KEY, 1, 1, None, "online"], "bad_row"),
    ([KEY, 1, 1, [7], "online"], "bad_row"),
    ([KEY, 1, 1, 7, "asleep"], "bad_row"),
    ([KEY, 1, 1, 7, ["online"]], "bad_row"),
    ([KEY, 1, 1, 7, None], "bad_row"),
    ([KEY[:-1], 1, 1, 7, "online"], "bad_row"),
    (["é" * 44, 1, 1, 7, "online"], "bad_row"),
    (["\0" * 44, 1, 1, 7, "online"], "bad_row"),
    ([None, 1, 1, 7, "online"], "bad_row"),
    ([KEY, 1, 1, 7], "bad_row"),
    ([], "bad_row"),
    ("12345", "bad_row"),
    ({"0": 1}, "bad_row"),
    (None, "bad_row"),
]


def good_row(epoch: int) -> list[Any]:
    return [new_key(), epoch, 2 * epoch, epoch, "online"]


def test_rows_without_a_fault_are_taken_as_columns() -> None:
    peers = [[KEY, 0, MAX_COUNT, 1, "never"], [KEY, MAX_COUNT, 0, MAX_EPOCH, "idle"]]
    rows, aside = sort_rows(peers)
    assert _whole(peers) == rows
    assert (list(rows.index), rows.keys, rows.epochs, rows.statuses) == (
        [0, 1],
        [KEY, KEY],
        [1, MAX_EPOCH],
        ["never", "idle"],
    )
    assert (rows.rx, rows.tx, aside) == ([0, MAX_COUNT], [MAX_COUNT, 0], [])


def test_what_a_newer_agent_adds_to_every_row_is_left_out() -> None:
    peers = [[*good_row(epoch), "new", {}] for epoch in (1, 2)]
    rows, aside = sort_rows(peers)
    assert (rows.epochs, rows.statuses, aside) == ([1, 2], ["online", "online"], [])


@pytest.mark.parametrize(("bad", "reason"), FAULTS)
@pytest.mark.parametrize("where", [0, 1, 2])
def test_a_fault_is_found_wherever_it_is(bad: Any, reason: str, where: int) -> None:
    peers: list[Any] = [good_row(100), good_row(101)]
    peers.insert(where, bad)
    rows, aside = sort_rows(peers)
    assert (aside, rows.epochs) == ([(where, reason)], [100, 101])
    assert list(rows.index) == [index for index in range(3) if index != where]


def test_the_same_epoch_again_is_set_aside() -> None:
    rows, aside = sort_rows([good_row(1), good_row(2), good_row(1)])
    assert (rows.epochs, aside) == ([1, 2], [(2, "bad_row")])


@pytest.mark.parametrize("seed", range(200))
def test_both_ways_say_the_same_of_any_mixture(seed: int) -> None:
    chance = Random(seed)
    peers: list[Any] = [good_row(epoch) for epoch in range(1, chance.randrange(2, 30))]
    for _ in range(chance.choice((0, 0, 1, 3))):
        peers[chance.randrange(len(peers))] = chance.choice([bad for bad, _ in FAULTS] + [good_row(1)])
    rows, aside = sort_rows(peers)
    slow_rows, slow_aside = _sort_one_by_one(peers)
    assert aside == slow_aside
    assert (list(rows.index), rows.keys, rows.rx, rows.tx, rows.epochs, rows.statuses) == (
        list(slow_rows.index),
        slow_rows.keys,
        slow_rows.rx,
        slow_rows.tx,
        slow_rows.epochs,
        slow_rows.statuses,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("keys", [ODD_KEYS, *([key] for key in ODD_KEYS), [KEY, *ODD_KEYS, KEY], []])
def test_postgresql_reads_the_columns_as_they_were(keys: list[str]) -> None:
    count = len(keys)
    rows = Rows(range(count), keys, [MAX_COUNT] * count, [0] * count, [MAX_EPOCH] * count, ["idle"] * count)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %(keys)s::text[], %(rx)s::bigint[], %(tx)s::bigint[], %(epochs)s::bigint[], %(statuses)s::text[]",
            rows.array_texts(),
        )
        assert list(cursor.fetchone()) == [rows.keys, rows.rx, rows.tx, rows.epochs, rows.statuses]
