"""How much of the last 90 days each location was up, computed from what was measured: the watch, the outages, the nodes' credentials.

A server's time counts from the moment that its node had a credential. Of that, what nobody watched is not known, what lies in an outage
was down, and the rest was up. The share of a location is that of its servers' known time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from vpn.models import NodeToken, Outage, Server, Watch

DAYS = 90
DAY_S = 86_400.0
# Seconds of the epoch, from and until.
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Day:
    """One day (UTC) of a location. `up_s` and `down_s` are seconds of all its servers together, `known_s` of the location."""

    day: date
    known_s: float
    up_s: float
    down_s: float

    @property
    def share(self) -> float | None:
        """0 to 1; None: nothing is known."""
        return share_of(self.up_s, self.down_s)


@dataclass(frozen=True, slots=True)
class History:
    """The days of a location, oldest first, the last one today."""

    days: tuple[Day, ...]

    @property
    def share(self) -> float | None:
        return share_of(sum(day.up_s for day in self.days), sum(day.down_s for day in self.days))


def unknown_history(now: datetime) -> History:
    """Of a location that has only just got its first server."""
    first = first_day(now)
    return History(tuple(Day(first + timedelta(days=number), 0.0, 0.0, 0.0) for number in range(DAYS)))


def share_of(up_s: float, down_s: float) -> float | None:
    known = up_s + down_s
    # A fraction of a second is the clocks' business.
    return None if known < 1 else up_s / known


def first_day(now: datetime) -> date:
    return now.astimezone(UTC).date() - timedelta(days=DAYS - 1)


class _Sums:
    """Seconds per day of many spans, of each only what was watched. A span costs the same however many days it has."""

    def __init__(self, watched: list[Span], start: float) -> None:
        self._start = start
        self._froms = [span[0] for span in watched]
        self._spans = watched
        self._before = [0.0]
        for since, until in watched:
            self._before.append(self._before[-1] + until - since)
        edges = [start + DAY_S * n for n in range(DAYS + 1)]
        self._edges = [self._watched_until(edge) for edge in edges]
        self._parts = [0.0] * DAYS
        self._whole_begin = [0] * (DAYS + 1)

    def add(self, span: Span) -> None:
        since, until = max(span[0], self._start), min(span[1], self._start + DAY_S * DAYS)
        if until <= since:
            return
        first, last = self._day(since), self._day(until)
        if first == last:
            self._parts[first] += self._watched_until(until) - self._watched_until(since)
            return
        self._parts[first] += self._edges[first + 1] - self._watched_until(since)
        self._parts[last] += self._watched_until(until) - self._edges[last]
        self._whole_begin[first + 1] += 1
        self._whole_begin[last] -= 1

    def totals(self) -> list[float]:
        whole, totals = 0, []
        for day in range(DAYS):
            whole += self._whole_begin[day]
            totals.append(self._parts[day] + whole * (self._edges[day + 1] - self._edges[day]))
        return totals

    def _day(self, moment: float) -> int:
        return min(int((moment - self._start) // DAY_S), DAYS - 1)

    def _watched_until(self, moment: float) -> float:
        """Watched seconds before a moment."""
        index = bisect_right(self._froms, moment)
        if index == 0:
            return 0.0
        since, until = self._spans[index - 1]
        return self._before[index - 1] + min(moment, until) - since


def histories(now: datetime) -> dict[int, History]:
    """The last 90 days of every location with a server. Four queries, whatever there is."""
    first = first_day(now)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    watched = merge(
        (watch.watched_from.timestamp(), watch.watched_until.timestamp())
        for watch in Watch.objects.filter(watched_until__gt=start)
    )
    outages = _outages(start, now)
    served = _served(start, now)
    located: dict[int, list[UUID]] = defaultdict(list)
    for server_id, location_id in Server.objects.values_list("pk", "location_id"):
        located[location_id].append(server_id)
    return {
        location_id: history_of([(served[each], outages[each]) for each in servers], watched, start)
        for location_id, servers in located.items()
    }


def history_of(servers: list[tuple[list[Span], list[Span]]], watched: list[Span], start: datetime) -> History:
    """The days from `start` on of a location whose servers each served and were down at these times; `watched` is merged."""
    known, counted, down = (_Sums(watched, start.timestamp()) for _ in range(3))
    everything: list[Span] = []
    for served, outages in servers:
        # Of a server whose credential was revoked nothing is heard, and the time counts all the same.
        spans = merge([*served, *outages])
        everything += spans
        for span in spans:
            counted.add(span)
        for span in outages:
            down.add(span)
    for span in merge(everything):
        known.add(span)
    days = zip(known.totals(), counted.totals(), down.totals(), strict=True)
    return History(
        tuple(
            Day((start + timedelta(days=number)).date(), known_s, max(0.0, counted_s - down_s), down_s)
            for number, (known_s, counted_s, down_s) in enumerate(days)
        )
    )


def _outages(start: datetime, now: datetime) -> dict[UUID, list[Span]]:
    spans: dict[UUID, list[Span]] = defaultdict(list)
    rows = Outage.objects.filter(Q(ended_at=None) | Q(ended_at__gt=start)).order_by()
    for server_id, since, until in rows.values_list("server_id", "started_at", "ended_at"):
        spans[server_id].append((since.timestamp(), (until or now).timestamp()))
    return defaultdict(list, {server_id: merge(found) for server_id, found in spans.items()})


def _served(start: datetime, now: datetime) -> dict[UUID, list[Span]]:
    """When each server's node had a credential."""
    spans: dict[UUID, list[Span]] = defaultdict(list)
    rows = NodeToken.objects.filter(Q(revoked_at=None) | Q(revoked_at__gt=start), kind=NodeToken.Kind.CREDENTIAL)
    for server_id, since, until in rows.order_by().values_list("server_id", "created_at", "revoked_at"):
        spans[server_id].append((since.timestamp(), (until or now).timestamp()))
    return spans


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order."""
    merged: list[Span] = []
    for since, until in sorted(spans):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        elif until > since:
            merged.append((since, until))
    return merged
