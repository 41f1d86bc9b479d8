"""Acting as a customer begins, against what forbids it at the same moment. Each race is first shown to be one without its guard."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

import pytest

from accounts.models import Session, User
from accounts.services import acting, sessions
from accounts.services.acting import start_acting
from accounts.services.sessions import end_all_sessions
from tests.admin.conftest import browser_with_factor
from tests.concurrency.acting import (
    ROUNDS,
    Change,
    during,
    erased,
    is_in_order,
    make_staff,
    promoted,
    role_lost,
    session_of,
    start,
    suspended,
    told,
)
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
STARTERS = 8


def unlocked() -> AbstractContextManager[object]:
    return mock.patch.object(acting, "lock_person", lambda pk: User.objects.filter(pk=pk).first())


def starts_at_once(number: int) -> User:
    staff = make_staff(f"helper{number}")
    browser_with_factor(staff)
    customers = [make_user(f"alice{number}-{each}@example.com") for each in range(STARTERS)]
    assert crowd(STARTERS, lambda each: start(staff, customers[each])) == {"ok": STARTERS}
    return staff


def test_without_the_lock_a_start_has_no_end_before_the_next() -> None:
    with unlocked():
        assert not all(is_in_order(told(starts_at_once(number))) for number in range(ROUNDS))


def test_of_several_starts_at_once_each_ends_the_one_before() -> None:
    for number in range(ROUNDS):
        staff = starts_at_once(number)
        acts = told(staff)
        assert is_in_order(acts)
        assert Counter(act for act, _ in acts) == {"acting_started": STARTERS, "acting_ended": STARTERS - 1}
        assert session_of(staff).acting_for_id == acts[-1][1]


def test_two_of_staff_who_start_at_once_act_each_in_their_own_session() -> None:
    for number in range(ROUNDS):
        both, alice = (
            [make_staff(f"{name}{number}") for name in ("first", "second")],
            make_user(f"a{number}@example.com"),
        )
        for staff in both:
            browser_with_factor(staff)
        assert crowd(2, lambda each, both=both, alice=alice: start(both[each], alice)) == {"ok": 2}  # type: ignore[misc]
        for staff in both:
            assert told(staff) == [("acting_started", alice.pk)]
            assert session_of(staff).acting_for_id == alice.pk
        assert not alice.sessions.exists()


CHANGES = [(suspended, "acting_not_possible"), (erased, "acting_not_possible"), (promoted, "acting_not_possible")]


@pytest.mark.parametrize("change", [suspended, erased, promoted, role_lost])
def test_without_the_lock_acting_starts_with_what_is_over(change: Change) -> None:
    staff, alice = make_staff(), make_user("alice@example.com")
    browser_with_factor(staff)
    with unlocked():
        assert during(change, staff, alice, lambda: start(staff, alice), waits=False) == "ok"


@pytest.mark.parametrize(("change", "refusal"), [*CHANGES, (role_lost, "not_allowed")])
def test_acting_does_not_start_while_the_customer_or_the_right_goes(change: Change, refusal: str) -> None:
    for number in range(ROUNDS):
        staff, alice = make_staff(f"helper{number}"), make_user(f"alice{number}@example.com")
        browser_with_factor(staff)
        assert during(change, staff, alice, lambda s=staff, a=alice: start(s, a), waits=True) == refusal  # type: ignore[misc]
        assert told(staff) == []
        assert session_of(staff).acting_for_id is None


def test_acting_does_not_start_in_a_session_that_ends_meanwhile() -> None:
    for number in range(ROUNDS):
        staff, alice = make_staff(f"helper{number}"), make_user(f"alice{number}@example.com")
        browser_with_factor(staff)
        mine = session_of(staff).pk

        def act(staff: User = staff, alice: User = alice, mine: Any = mine) -> None:
            start_acting(staff=staff, session_id=mine, customer=alice, reason="Ticket 7")

        assert (
            during(lambda staff, _: end_all_sessions(user=staff), staff, alice, act, waits=True) == "not_authenticated"
        )
        assert told(staff) == []


def begins_as_its_session_ends(number: int) -> list[tuple[str, Any]]:
    staff, alice = make_staff(f"helper{number}"), make_user(f"alice{number}@example.com")
    browser_with_factor(staff)
    mine = session_of(staff).pk

    def act(each: int) -> None:
        if each:
            end_all_sessions(user=staff)
        else:
            start_acting(staff=staff, session_id=mine, customer=alice, reason="Ticket 7")

    assert set(crowd(2, act)) <= {"ok", "not_authenticated"}
    return told(staff)


def test_without_the_lock_acting_may_begin_unseen_by_what_ends_its_session() -> None:
    def late(rows: Any) -> list[Session]:
        found = list(rows.select_related("user"))
        time.sleep(0.05)
        return found

    with mock.patch.object(sessions, "lock_ending", late):
        assert any(len(begins_as_its_session_ends(number)) == 1 for number in range(ROUNDS))


def test_acting_that_began_before_its_session_ends_is_ended() -> None:
    for number in range(ROUNDS):
        assert [act for act, _ in begins_as_its_session_ends(number)] in ([], ["acting_started", "acting_ended"])
