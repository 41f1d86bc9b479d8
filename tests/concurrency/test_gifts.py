"""One code and many who bring it; one person and many codes."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest

from accounts.models import User
from billing.models import GiftBatch, GiftCode, Plan, PlanGrant
from billing.services import gifts
from billing.services.gifts import export_codes, make_batch, redeem
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
CROWD = 32
ROUNDS = 5


@pytest.fixture
def people() -> list[User]:
    return [make_user(f"p{number}@example.com") for number in range(CROWD)]


def new_codes(count: int) -> list[str]:
    sam = User.objects.filter(is_staff=True).first() or make_user("sam@example.com", is_staff=True)
    name = f"Fair {GiftBatch.objects.count()}"
    batch = make_batch(by=sam, name=name, plan=Plan.objects.get(code="basic"), days=30, count=count)
    return export_codes(batch, by=sam)


def test_of_32_people_with_one_code_exactly_one_gets_it(people: list[User]) -> None:
    for number in range(ROUNDS):
        (code,) = new_codes(1)
        outcome = crowd(CROWD, lambda n, code=code: redeem(user=people[n], code=code))  # type: ignore[misc]
        assert outcome == {"ok": 1, "gift_used": CROWD - 1}
        assert PlanGrant.objects.count() == GiftCode.objects.exclude(grant=None).count() == number + 1


def test_of_32_tries_of_one_person_exactly_one_counts(people: list[User]) -> None:
    for _ in range(ROUNDS):
        (code,) = new_codes(1)
        assert crowd(CROWD, lambda n, code=code: redeem(user=people[0], code=code))["ok"] == 1  # type: ignore[misc]
    assert PlanGrant.objects.count() == ROUNDS


def _ends(user: User) -> list[int]:
    """How many months after the first gift's end each of a person's gifts ends."""
    found = sorted(grant.valid_until for grant in PlanGrant.objects.filter(user=user) if grant.valid_until)
    return [round((until - found[0]) / timedelta(days=30)) for until in found]


def test_many_codes_of_one_person_at_once_add_up(people: list[User]) -> None:
    codes = new_codes(8)
    assert crowd(8, lambda n: redeem(user=people[0], code=codes[n])) == {"ok": 8}
    assert _ends(people[0]) == list(range(8))


def test_without_the_persons_lock_they_do_not(people: list[User]) -> None:
    with mock.patch.object(gifts, "lock_active_person"):
        for user in people[:20]:
            codes = new_codes(8)
            crowd(8, lambda n, user=user, codes=codes: redeem(user=user, code=codes[n]))  # type: ignore[misc]
            if _ends(user) != list(range(8)):
                return
    pytest.fail("the race did not show")
