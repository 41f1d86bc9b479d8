"""Every state of a subscription against a table that was written down by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from accounts.models import User
from billing.entitlements import Source, entitlement_for
from billing.holding import subscriptions_in_force
from billing.models import Plan, PlanGrant, Subscription
from tests.factories.payments import make_subscription

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MOMENTS = [
    BEGIN + timedelta(days=1),
    BEGIN + timedelta(days=7) - SECOND,
    BEGIN + timedelta(days=7),
    BEGIN + timedelta(days=30) - SECOND,
    BEGIN + timedelta(days=30),
    BEGIN + timedelta(days=33) - SECOND,
    BEGIN + timedelta(days=33),
]
LETTERS = {
    Source.SUBSCRIPTION: "s",
    Source.TRIAL: "t",
    Source.ENDING: "e",
    Source.GRACE: "g",
    Source.PAUSED: "p",
    Source.GRANT: "G",
    Source.FREE: "-",
}
UNPAID = ("past_due", "unpaid")


class Case(NamedTuple):
    status: str
    cancels: bool
    paused: bool
    withheld: str
    grant: str
    expected: str


def _table() -> Iterator[Case]:
    """Each line for all that its "any" stands for, once for each of its three kinds of grant."""
    values = {"no": [False], "yes": [True], "any": [False, True]}
    withheld = {"no": [""], "any": ["", "refunded", "disputed"]}
    for line in Path(__file__).with_name("entitlement_table.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        status, cancels, paused, why, *answers = line.split()
        for grant, expected in zip(("none", "less", "more"), answers, strict=True):
            for cancel, pause, held in product(values[cancels], values[paused], withheld.get(why, [why])):
                yield Case(status, cancel, pause, held, grant, expected)


CASES = list(_table())


def test_the_table_has_every_state_once() -> None:
    every = product(Subscription.Status.values, (False, True), (False, True), Subscription.Withheld.values)
    wanted = [(*state, grant) for state in every for grant in ("none", "less", "more")]
    assert sorted(case[:5] for case in CASES) == sorted(wanted)


def _make(user: User, case: Case) -> None:
    is_unpaid = case.status in UNPAID
    end = BEGIN + timedelta(days=30)
    fields: dict[str, Any] = {
        "status": case.status,
        "started_at": BEGIN,
        "current_period_start": BEGIN,
        "current_period_end": end,
        "trial_end": end if case.status == "trialing" else None,
        "cancel_at_period_end": case.cancels,
        "pause_behavior": "void" if case.paused else "",
        "withheld": case.withheld,
        "paid_until": BEGIN if is_unpaid else end,
        "unpaid_since": BEGIN if is_unpaid else None,
        "ended_at": BEGIN if case.status == "canceled" else None,
    }
    make_subscription(user, **fields)
    if case.grant != "none":
        plan = Plan.objects.get(code="little" if case.grant == "less" else "pro")
        PlanGrant.objects.create(user=user, plan=plan, reason="Test", created_at=BEGIN)


@pytest.fixture
def little(settings: Any) -> Plan:
    settings.DUNNING_GRACE_DAYS, settings.RENEWAL_SLACK_HOURS = 7, 72
    rank = Plan.objects.get(code="free").rank + 1
    return Plan.objects.create(code="little", name="Little", rank=rank, device_limit=2)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(str(part) for part in case[:5]))
def test_a_subscription_entitles_to_what_the_table_says(alice: User, little: Plan, case: Case) -> None:
    _make(alice, case)
    plans = {"-": "free", "G": "pro" if case.grant == "more" else "little"}
    found = [entitlement_for(alice, moment) for moment in MOMENTS]
    assert "".join(LETTERS[one.reason] for one in found) == case.expected
    assert [one.plan_code for one in found] == [plans.get(letter, "basic") for letter in case.expected]
    if case.grant == "none":
        in_force = [Subscription.objects.filter(subscriptions_in_force(moment)).exists() for moment in MOMENTS]
        assert in_force == [letter != "-" for letter in case.expected]
    # However often, in whatever order it is asked, and also by a clock that went back.
    assert [entitlement_for(alice, moment) for moment in reversed(MOMENTS)] == found[::-1]
