"""Acting as a customer against what ends it at the same moment. Each race is first shown to be one without its guard."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts import acting_middleware
from accounts.models import AuditEvent, Session, TotpSeed, User
from accounts.services import acting
from accounts.services.acting import end_acting, start_acting
from accounts.services.deletion import leave
from accounts.services.sessions import end_all_sessions
from accounts.services.suspension import suspend_account
from nexusvpn.audit import record_act
from nexusvpn.errors import DomainError
from tests.admin.conftest import browser_with_factor
from tests.concurrency.crowd import crowd
from tests.concurrency.waiting import until, waiting
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.vpn import make_location, make_server
from tests.queries import forget_counts
from tests.vpn.acting import add
from vpn.models import VpnConfig

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20
STARTERS = 8
Change = Callable[[User, User], object]


def make_staff(name: str = "helper") -> User:
    return make_user(f"{name}@example.com", is_staff=True, is_superuser=True)


def session_of(staff: User) -> Session:
    return Session.objects.get(user=staff)


def start(staff: User, customer: User) -> None:
    start_acting(staff=staff, session_id=session_of(staff).pk, customer=customer, reason="Ticket 7")


def unlocked() -> AbstractContextManager[object]:
    return mock.patch.object(acting, "lock_person", lambda pk: User.objects.filter(pk=pk).first())


def told(staff: User) -> list[tuple[str, Any]]:
    """What the log says that this member of staff did as others, in its order, and as whom."""
    acts = AuditEvent.objects.filter(actor_id=staff.pk, action__startswith="acting_").order_by("pk")
    return list(acts.values_list("action", "person_id"))


def is_in_order(acts: list[tuple[str, Any]]) -> bool:
    """One at a time: each start is ended before the next, and all that is done in between is done as that customer."""
    now = None
    for act, person in acts:
        if (act == "acting_started") is not (now is None) or now not in (None, person):
            return False
        now = None if act == "acting_ended" else person
    return True


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


def suspended(staff: User, customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(is_active=False, suspended_at=timezone.now())


def erased(staff: User, customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(is_active=False, erased_at=timezone.now())


def promoted(staff: User, customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(is_staff=True)


def role_lost(staff: User, customer: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=False)


CHANGES = [(suspended, "acting_not_possible"), (erased, "acting_not_possible"), (promoted, "acting_not_possible")]


def during(change: Change, staff: User, customer: User, act: Callable[[], object], waits: bool) -> str:
    """`act` after the change is written and before it is committed; returns how it ended."""
    outcomes: list[str] = []

    def run() -> None:
        try:
            act()
            outcomes.append("ok")
        except DomainError as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    other = threading.Thread(target=run)
    with transaction.atomic():
        change(staff, customer)
        other.start()
        until(lambda: waiting() > 0 if waits else bool(outcomes))
    other.join(10)
    assert not other.is_alive()
    return outcomes[0]


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


def asked(staff: User, customer: User) -> None:
    end_acting(session_id=session_of(staff).pk, staff=staff, why="asked")


def another(staff: User, customer: User) -> None:
    start(staff, make_user(f"bob-{customer.email}"))


def expired(staff: User, customer: User) -> None:
    """The very moment: what lasts until now is over."""
    Session.objects.filter(user=staff).update(acting_until=timezone.now())


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


SECRET = "the customer's own long secret"
DANGEROUS: list[tuple[str, dict[str, str]]] = [
    ("/settings/password", {"current_password": SECRET, "new_password": "another long secret"}),
    ("/settings/security/authenticator", {"begin": "1"}),
    ("/settings/privacy/delete", {"password": SECRET}),
    ("/settings/email", {"email": "taken@example.com", "password": SECRET}),
    ("/billing/checkout", {"plan": "pro"}),
    ("/settings", {"full_name": "Changed"}),
]


def customer_with_secret(number: int) -> User:
    alice = make_user(f"alice{number}@example.com")
    alice.set_password(SECRET)
    alice.save()
    return alice


def state_of(customer: User) -> tuple[Any, ...]:
    return User.objects.filter(pk=customer.pk).values().get(), TotpSeed.objects.filter(user=customer).exists()


def dangers_while_it_comes_and_goes(number: int) -> tuple[bool, Counter[str]]:
    """Whether anything of the customer's was changed by what was sent while acting began and ended again and again."""
    assert SECRET != PASSWORD
    staff, alice = make_staff(f"helper{number}"), customer_with_secret(number)
    browser = browser_with_factor(staff)
    before = state_of(alice)

    def act(each: int) -> None:
        if each == len(DANGEROUS):
            for _ in range(5):
                start(staff, alice)
                asked(staff, alice)
            return start(staff, alice)
        own = Client()
        own.cookies = browser.cookies
        path, form = DANGEROUS[each]
        own.post(path, form)

    start(staff, alice)
    forget_counts()
    outcomes = crowd(len(DANGEROUS) + 1, act)
    return state_of(alice) != before, outcomes


def nothing_refused(self: object, request: HttpRequest, *_: object) -> None:
    return None


def test_without_the_list_of_what_may_be_sent_the_customers_account_is_changed() -> None:
    with mock.patch.object(acting_middleware.ActingMiddleware, "process_view", nothing_refused):
        assert any(dangers_while_it_comes_and_goes(number)[0] for number in range(ROUNDS))


def test_nothing_dangerous_is_done_to_the_customer_at_any_moment() -> None:
    for number in range(ROUNDS):
        assert dangers_while_it_comes_and_goes(number) == (False, {"ok": len(DANGEROUS) + 1})
