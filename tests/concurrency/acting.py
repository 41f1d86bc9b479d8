"""Members of staff who act as customers, what ends that, and what happens in the very moment of its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Session, User
from accounts.services.acting import end_acting, start_acting
from nexusvpn.errors import DomainError
from tests.concurrency.waiting import until, waiting
from tests.factories.accounts import make_user

ROUNDS = 20
Change = Callable[[User, User], object]


def make_staff(name: str = "helper") -> User:
    return make_user(f"{name}@example.com", is_staff=True, is_superuser=True)


def session_of(staff: User) -> Session:
    return Session.objects.get(user=staff)


def start(staff: User, customer: User) -> None:
    start_acting(staff=staff, session_id=session_of(staff).pk, customer=customer, reason="Ticket 7")


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


def suspended(staff: User, customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(is_active=False, suspended_at=timezone.now())


def erased(staff: User, customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(is_active=False, erased_at=timezone.now())


def promoted(staff: User, customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(is_staff=True)


def role_lost(staff: User, customer: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=False)


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


def asked(staff: User, customer: User) -> None:
    end_acting(session_id=session_of(staff).pk, staff=staff, why="asked")


def another(staff: User, customer: User) -> None:
    start(staff, make_user(f"bob-{customer.email}"))


def expired(staff: User, customer: User) -> None:
    """The very moment: what lasts until now is over."""
    Session.objects.filter(user=staff).update(acting_until=timezone.now())
