"""What every comparison with Stripe has: since when, how much was looked at, and what a moment of Stripe's is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

from billing.gateway.errors import PaymentsUnavailable
from billing.models import StripeCustomer
from nexusvpn.logs import logger

Item = TypeVar("Item")
# All requests of a run share it.
WITHIN_S = 540.0
AT_ONCE = 100
# What is younger may be on its way to us.
LAG = timedelta(minutes=15)
# Stripe that has nothing to say about so many, one after the other, is away.
AWAY_AT_MOST = 5
log = logger(__name__)


@dataclass(slots=True)
class Comparison:
    """One run's progress. `since` is where the last one came to, None where there was none; `cursor` where in a list.

    `reached` is how far this one has come, should it be stopped.
    """

    now: datetime
    since: datetime | None
    cursor: str = ""
    reached: datetime | None = None
    compared: int = 0
    differences: int = 0
    failed: int = 0
    # One after the other, for whom Stripe had no answer.
    away: int = 0

    @contextmanager
    def one_of_many(self, id: str) -> Iterator[None]:
        """Around the work for one customer or event, whose failure is not the others' loss. Raises PaymentsUnavailable if Stripe is away.

        One of whom Stripe cannot say anything, or not in time, is not enough for that.
        """
        try:
            yield
        except Exception as error:
            self.failed += 1
            self.away = self.away + 1 if isinstance(error, PaymentsUnavailable) else 0
            log.error("not_compared", id=id, error=type(error).__name__)
            if self.away >= AWAY_AT_MOST:
                raise
        else:
            self.away = 0

    def is_too_new(self, seconds: int) -> bool:
        """Whether what happened then may not have come to us yet. What Stripe's test clocks made long in advance has."""
        return abs(self.now - moment(seconds)) < LAG

    def begin(self, overlap: timedelta, longest: timedelta) -> datetime | None:
        """From when on to look: some way back from where the last run came to. None: nobody here was ever at Stripe."""
        first = StripeCustomer.objects.order_by("created_at").values_list("created_at", flat=True).first()
        if first is None:
            return None
        return max(self.since - overlap if self.since else first - overlap, self.now - longest)


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def in_batches(items: Iterable[Item], size: int = AT_ONCE) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
