"""One form that gives something away, sent many times at the same moment. Without the locks more than one of them is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from accounts.models import AuditEvent, User
from billing.models import GiftBatch, Plan, PlanGrant
from billing.services import gifts, grants
from billing.services.gifts import make_batch
from billing.services.grants import grant_plan
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.billing import make_plans

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS, AT_ONCE = 20, 8


def read_without_lock(user_id: Any) -> User | None:
    """What `lock_person` would be if it only looked."""
    return User.objects.filter(pk=user_id).first()


@pytest.fixture
def sam(db: None) -> User:
    make_plans()
    return make_user("sam@example.com")


def give(sam: User, number: int) -> Counter[str]:
    user, plan = make_user(f"alice-{number}@example.com"), Plan.objects.get(code="pro")
    return crowd(AT_ONCE, lambda _: grant_plan(user=user, plan=plan, reason="Outage", granted_by=sam))


def make(sam: User, number: int) -> Counter[str]:
    plan = Plan.objects.get(code="basic")
    return crowd(AT_ONCE, lambda _: make_batch(by=sam, name=f"Fair {number}", plan=plan, days=30, count=1))


BOTH = pytest.mark.parametrize(
    ("act", "module", "refusal"),
    [(give, grants, "already_given"), (make, gifts, "batch_just_made")],
    ids=["plan", "gift codes"],
)
Act = Callable[[User, int], Counter[str]]


@BOTH
def test_without_the_lock_one_form_gives_more_than_once(sam: User, act: Act, module: Any, refusal: str) -> None:
    with mock.patch.object(module, "lock_person", read_without_lock):
        for number in range(ROUNDS):
            if act(sam, number)["ok"] > 1:
                return
    pytest.fail("the negative control never lost the race, so the test below proves nothing")


@BOTH
def test_one_form_sent_many_times_at_once_gives_once(sam: User, act: Act, module: Any, refusal: str) -> None:
    for number in range(ROUNDS):
        assert act(sam, number) == {"ok": 1, refusal: AT_ONCE - 1}
    assert PlanGrant.objects.count() + GiftBatch.objects.count() == ROUNDS
    assert AuditEvent.objects.filter(action__in=("plan_granted", "gift_codes_made")).count() == ROUNDS
