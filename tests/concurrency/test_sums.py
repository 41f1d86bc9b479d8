"""Jobs that add up the same days at once, and pages that are opened meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from accounts.models import PeopleDay
from accounts.services import growth as growth_service
from accounts.services.growth import count_finished_days, growth
from billing.models import LedgerDay, LedgerEntry
from billing.services import ledger_days
from billing.services.ledger_days import add_up_finished_days
from billing.services.reports import takings
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.payments import stripe_id

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
CROWD, ROUNDS, DAYS = 8, 20, 40
NOW = datetime.now(UTC)
BEGAN = (NOW - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)


def money() -> int:
    return sum(row.net for row in takings(since=BEGAN, until=NOW))


def people() -> int:
    return growth().total


KINDS: dict[str, tuple[type[Model], Callable[[], int], Callable[[], int]]] = {
    "ledger": (LedgerDay, add_up_finished_days, money),
    "people": (PeopleDay, count_finished_days, people),
}


@pytest.fixture(params=KINDS)
def kind(request: Any) -> tuple[type[Model], Callable[[], int], Callable[[], int]]:
    """A row on each of DAYS days, and what adds them up."""
    values = {"account": "money", "kind": "charge", "currency": "USD", "amount_minor": 1}
    for days in range(DAYS):
        at = NOW - timedelta(days=days, seconds=1)
        if request.param == "ledger":
            LedgerEntry.objects.create(source=stripe_id("ch"), occurred_at=at, recorded_at=at, **values)
        else:
            make_user(f"p{days}@example.com", date_joined=at)
    return KINDS[request.param]


def in_a_round(model: type[Model], job: Callable[[], int], shown: Callable[[], int]) -> set[int]:
    """What a page shows while CROWD jobs begin at once, and afterwards."""
    model._default_manager.all().delete()
    seen: set[int] = set()

    def act(number: int) -> None:
        if number < CROWD:
            job()
        else:
            seen.add(shown())

    assert crowd(CROWD + 2, act) == {"ok": CROWD + 2}
    return seen | {shown()}


@contextmanager
def without_constraint(model: type[Model]) -> Iterator[None]:
    (constraint,) = model._meta.constraints
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        model._default_manager.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


def test_without_the_unique_constraint_days_are_added_up_twice(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, statement in ((ledger_days, "_ADD_UP"), (growth_service, "_COUNT")):
        monkeypatch.setattr(module, statement, getattr(module, statement).partition("ON CONFLICT")[0])
    with without_constraint(kind[0]):
        assert any(in_a_round(*kind) != {DAYS} for _ in range(ROUNDS))


def test_many_jobs_at_once_add_a_day_up_once_and_every_page_shows_the_same(kind: Any) -> None:
    assert [in_a_round(*kind) for _ in range(ROUNDS)] == [{DAYS}] * ROUNDS
