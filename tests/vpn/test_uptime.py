"""The arithmetic of ninety days, against counting hour by hour."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vpn.services.uptime import DAYS, Span, history_of, merge

START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = DAYS * 24
HOUR_S = 3600

hours = st.integers(min_value=-100, max_value=HOURS)
spans = st.lists(
    st.tuples(hours, hours).map(sorted).map(lambda pair: (float(pair[0]), float(pair[1]))), min_size=0, max_size=6
)


def at(found: list[Span]) -> list[Span]:
    """From hours after the start to seconds of the epoch."""
    return [(START.timestamp() + since * HOUR_S, START.timestamp() + until * HOUR_S) for since, until in found]


def covered(found: list[Span], hour: int) -> bool:
    return any(since <= hour < until for since, until in found)


@given(servers=st.lists(st.tuples(spans, spans), max_size=3), watched=spans)
def test_the_sums_are_those_of_every_hour(servers: list[tuple[list[Span], list[Span]]], watched: list[Span]) -> None:
    made = [(at(served), merge(at(down))) for served, down in servers]
    history = history_of(made, merge(at(watched)), START)
    assert [day.day.toordinal() for day in history.days] == list(range(START.toordinal(), START.toordinal() + DAYS))
    for number, day in enumerate(history.days):
        known = up = down = 0
        for hour in range(number * 24, number * 24 + 24):
            if not covered(watched, hour):
                continue
            counted = [covered(served, hour) or covered(silent, hour) for served, silent in servers]
            lost = [covered(silent, hour) for _, silent in servers]
            known += any(counted)
            down += sum(lost)
            up += sum(counted) - sum(lost)
        found = (round(day.known_s), round(day.up_s), round(day.down_s))
        assert found == (known * HOUR_S, up * HOUR_S, down * HOUR_S)
        assert day.share == (None if up + down == 0 else day.up_s / (day.up_s + day.down_s))


@given(spans)
def test_merged_spans_are_the_same_time_in_order_and_apart(found: list[Span]) -> None:
    merged = merge(found)
    assert all(since < until for since, until in merged)
    assert all(one[1] < other[0] for one, other in pairwise(merged))
    assert all(covered(merged, hour) == covered(found, hour) for hour in range(-100, HOURS, 7))
