"""What is sent as a customer against the end of acting at the same moment. Each race is first shown to be one without its guard."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.db import connection

from accounts import acting_middleware
from accounts.models import Session, User
from accounts.services import acting
from accounts.services.acting import end_acting
from accounts.services.deletion import leave
from accounts.services.sessions import end_all_sessions
from accounts.services.suspension import suspend_account
from nexusvpn.audit import record_act
from tests.admin.conftest import browser_with_factor
from tests.concurrency.acting import (
    ROUNDS,
    Change,
    another,
    asked,
    during,
    expired,
    is_in_order,
    make_staff,
    promoted,
    role_lost,
    session_of,
    start,
    told,
)
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.vpn import make_location, make_server
from tests.queries import forget_counts
from tests.vpn.acting import add
from vpn.models import VpnConfig

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def signed_out_everywhere(staff: User, customer: User) -> None:
    end_all_sessions(user=staff)


def customer_suspended(staff: User, customer: User) -> None:
    suspend_account(user=customer, by=make_staff(f"boss-{customer.pk}"))


def customer_leaves(staff: User, customer: User) -> None:
    leave(user=customer, by=make_staff(f"boss-{customer.pk}"))


def staff_suspended(staff: User, customer: User) -> None:
    suspend_account(user=staff, by=make_staff(f"boss-{customer.pk}"))


ENDS = [
    asked,
    another,
    expired,
    signed_out_everywhere,
    customer_suspended,
    customer_leaves,
    promoted,
    role_lost,
    staff_suspended,
]


class Desk:
    """A member of staff who acts as a customer with one device."""

    def __init__(self, number: int) -> None:
        self.staff, self.customer = make_staff(f"helper{number}"), make_user(f"alice{number}@example.com")
        self.browser, self.device = browser_with_factor(self.staff), add(self.customer)
        start(self.staff, self.customer)

    def suspend_device(self) -> int:
        forget_counts()
        return int(self.browser.post(f"/devices/{self.device.pk}/suspend").status_code)

    def has_written(self) -> bool:
        return VpnConfig.objects.filter(pk=self.device.pk).exclude(suspended_by="").exists()


@pytest.fixture
def fleet(db: None) -> None:
    make_server(make_location("ams"))


def admitted_unseen(*, staff: User, customer: User, page: str, **_: object) -> None:
    """As `admit_write`, if it believed what the request came with."""
    record_act("acting_wrote", actor=staff, person=customer.pk, target=customer, details={"page": page})


@contextmanager
def ended_on_the_way(desk: Desk, end: Change, admit: Callable[..., None]) -> Iterator[None]:
    """The acting ends when the request was let in as the customer's, and before what it wants is done."""

    def elsewhere() -> None:
        try:
            end(desk.staff, desk.customer)
        finally:
            connection.close()

    def overtaken(**values: Any) -> None:
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join(10)
        assert not other.is_alive()
        admit(**values)

    with mock.patch.object(acting_middleware, "admit_write", overtaken):
        yield


@pytest.mark.parametrize("end", [asked, another, expired])
@pytest.mark.usefixtures("fleet")
def test_without_the_second_look_a_write_is_done_after_the_end(end: Change) -> None:
    desk = Desk(0)
    with ended_on_the_way(desk, end, admitted_unseen):
        assert desk.suspend_device() == 302
    assert desk.has_written()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.usefixtures("fleet")
def test_a_write_that_the_end_overtakes_is_not_done(end: Change) -> None:
    desk = Desk(0)
    with ended_on_the_way(desk, end, acting.admit_write):
        assert desk.suspend_device() == 409
    assert not desk.has_written()
    assert "acting_wrote" not in dict(told(desk.staff))
    # Nor by the next request, which is the member of staff's own, or nobody's.
    assert desk.suspend_device() in (302, 404)
    assert end is another or not Session.objects.filter(acting_for=desk.customer).exists()
    assert not desk.has_written()


def write(staff: User, customer: User, mine: Any) -> None:
    acting.admit_write(session_id=mine, staff=staff, customer=customer, page="device-suspend")


def ended_within(staff: User, customer: User) -> None:
    """As the service ends it, in the transaction of the caller."""
    acting._end(session_id=session_of(staff).pk, staff=staff, why="asked")


def write_during_the_end(number: int, waits: bool) -> tuple[str, list[str]]:
    staff, alice = make_staff(f"helper{number}"), make_user(f"alice{number}@example.com")
    browser_with_factor(staff)
    start(staff, alice)
    mine = session_of(staff).pk
    outcome = during(ended_within, staff, alice, lambda: write(staff, alice, mine), waits)
    return outcome, [act for act, _ in told(staff)]


def test_without_the_sessions_lock_a_write_is_in_the_log_behind_the_end() -> None:
    with mock.patch.object(acting, "lock_live_session", lambda pk: Session.objects.filter(pk=pk).first()):
        outcome, acts = write_during_the_end(0, waits=False)
    assert outcome == "ok"
    assert acts == ["acting_started", "acting_ended", "acting_wrote"]


def test_a_write_waits_for_the_end_that_is_being_written_and_is_refused() -> None:
    for number in range(ROUNDS):
        outcome, acts = write_during_the_end(number, waits=True)
        assert outcome == "acting_ended"
        assert acts == ["acting_started", "acting_ended"]


def test_whoever_comes_first_nothing_is_written_down_behind_the_end() -> None:
    for number in range(ROUNDS):
        staff, alice = make_staff(f"helper{number}"), make_user(f"alice{number}@example.com")
        browser_with_factor(staff)
        start(staff, alice)
        mine = session_of(staff).pk
        jobs = [asked, *[lambda s, a, mine=mine: write(s, a, mine)] * 3]
        outcomes = crowd(4, lambda each, jobs=jobs, s=staff, a=alice: jobs[each](s, a))  # type: ignore[misc]
        assert outcomes["ok"] + outcomes["acting_ended"] == 4
        acts = told(staff)
        assert is_in_order(acts)
        assert acts[-1] == ("acting_ended", alice.pk)
        assert len(acts) == 1 + outcomes["ok"]


def test_a_late_look_at_one_that_is_over_does_not_end_the_next() -> None:
    staff, alice, bob = make_staff(), make_user("alice@example.com"), make_user("bob@example.com")
    browser = browser_with_factor(staff)
    start(staff, alice)
    expired(staff, alice)

    def late(**values: Any) -> None:
        start(staff, bob)
        end_acting(**values)

    with mock.patch.object(acting_middleware, "end_acting", late):
        browser.get("/settings")
    assert session_of(staff).acting_for_id == bob.pk
    assert [act for act, _ in told(staff)] == ["acting_started", "acting_ended", "acting_started"]
