"""Many at once with one account's codes. Each is first shown to be a race without its guard."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager
from unittest import mock

import pytest
from django.db.models import QuerySet
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import LoginHistory, RecoveryCode, Session, TotpSeed, User
from accounts.services import recovery_codes, second_factor
from accounts.services.second_factor import prove_by_code
from nexusvpn.ratelimit import WRONG_CODES
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.factors import code_of, give_recovery_codes, give_totp, wrong_code_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20
GUESSERS = 64
LIMIT = WRONG_CODES[0].count


def request_of(number: int) -> HttpRequest:
    """Each from an address of its own."""
    return RequestFactory().post("/login/code", REMOTE_ADDR=f"198.51.100.{number + 1}")


def show(user: User, code: str, number: int) -> None:
    prove_by_code(request_of(number), user=user, code=code, kind=Session.Kind.BROWSER)


def guess(user: User) -> Counter[str]:
    wrong = wrong_code_of(user)
    return crowd(GUESSERS, lambda number: show(user, wrong, number))


def tried(user: User) -> int:
    return LoginHistory.objects.filter(user=user, outcome="wrong_code").count()


def without_lock() -> AbstractContextManager[object]:
    return mock.patch.object(second_factor, "lock_person")


def person(number: int) -> User:
    user = make_user(f"alice{number}@example.com")
    give_totp(user)
    return user


def test_without_the_lock_more_codes_are_tried_than_allowed() -> None:
    alice = person(0)
    with without_lock():
        guess(alice)
    assert tried(alice) > LIMIT


def test_of_64_sessions_that_guess_at_once_five_are_tried() -> None:
    for number in range(ROUNDS):
        alice = person(number)
        assert guess(alice) == {"invalid_code": LIMIT, "rate_limited": GUESSERS - LIMIT}
        assert tried(alice) == LIMIT
    # Not even the right one, from wherever.
    assert twice(alice, code_of(alice)) == {"rate_limited": 2}


def twice(user: User, code: str) -> Counter[str]:
    return crowd(2, lambda number: show(user, code, number))


def test_without_the_lock_one_code_opens_twice() -> None:
    opened = 0
    with without_lock():
        for number in range(ROUNDS):
            alice = person(number)
            opened += twice(alice, code_of(alice))["ok"] == 2
    assert opened


def test_the_same_code_twice_at_once_opens_once() -> None:
    for number in range(ROUNDS):
        alice = person(number)
        before = TotpSeed.objects.get(user=alice).last_step
        assert twice(alice, code_of(alice)) == {"ok": 1, "invalid_code": 1}
        assert TotpSeed.objects.get(user=alice).last_step > before
        assert tried(alice) == 1


def unconditional(user: User, text: str) -> bool:
    """As `take_code`, if it looked first and wrote then."""
    codes: QuerySet[RecoveryCode] = RecoveryCode.objects.filter(
        user=user, code_hash=recovery_codes._hash(recovery_codes.plain_code(text) or "")
    )
    if not codes.filter(used_at=None).exists():
        return False
    return bool(codes.update(used_at=timezone.now()))


def test_without_lock_and_condition_one_recovery_code_opens_twice() -> None:
    opened = 0
    with without_lock(), mock.patch.object(recovery_codes, "take_code", unconditional):
        for number in range(ROUNDS):
            alice = person(number)
            opened += twice(alice, give_recovery_codes(alice)[0])["ok"] == 2
    assert opened


def test_the_same_recovery_code_twice_at_once_opens_once() -> None:
    for number in range(ROUNDS):
        alice = person(number)
        assert twice(alice, give_recovery_codes(alice)[0]) == {"ok": 1, "invalid_code": 1}
        assert RecoveryCode.objects.filter(user=alice, used_at__isnull=False).count() == 1


def test_the_condition_alone_lets_a_recovery_code_open_once() -> None:
    with without_lock():
        for number in range(ROUNDS):
            alice = person(number)
            assert twice(alice, give_recovery_codes(alice)[0]) == {"ok": 1, "invalid_code": 1}
