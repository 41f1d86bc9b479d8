"""A sign-in with the old password while a new one is set. It is first shown that without the lock its token outlives the change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from unittest import mock

import pytest
from django.db import connection, transaction

from accounts.errors import InvalidCredentials
from accounts.locks import lock_person
from accounts.models import Session, User
from accounts.services import sessions
from accounts.services.sessions import end_all_sessions, open_token
from accounts.services.suspension import suspend_account
from tests.accounts.browsers import Browser
from tests.factories.accounts import make_user
from tests.factories.factors import give_totp

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20


def sign_in(user: User, outcomes: list[str]) -> None:
    """What follows when the password has been found to be right."""
    try:
        open_token(user=user, ip_address=None, user_agent="")
        outcomes.append("ok")
    except InvalidCredentials:
        outcomes.append("refused")
    finally:
        connection.close()


def during_a_change(user: User, change: Callable[[User], None]) -> str:
    """Let the person sign in after the change has been written and before it is committed; returns how the sign-in ended."""
    outcomes: list[str] = []
    other = threading.Thread(target=sign_in, args=(User.objects.get(pk=user.pk), outcomes))
    with transaction.atomic():
        change(user)
        other.start()
        # Long enough for one that does not wait to be done.
        other.join(0.15)
    other.join(10)
    assert not other.is_alive()
    return outcomes[0]


def new_password(user: User) -> None:
    user.set_password("another long secret")
    user.save()
    end_all_sessions(user=user)


def suspension(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    end_all_sessions(user=user)


def new_factor(user: User) -> None:
    lock_person(user.pk)
    give_totp(user)


@pytest.mark.parametrize("change", [new_password, suspension, new_factor])
def test_without_the_lock_a_token_of_the_old_password_survives(change: Callable[[User], None]) -> None:
    alice = make_user("alice@example.com")
    with mock.patch.object(sessions, "lock_person", lambda pk: User.objects.get(pk=pk)):
        assert during_a_change(alice, change) == "ok"
    assert Session.objects.filter(user=alice).count() == 1


@pytest.mark.parametrize("change", [new_password, suspension, new_factor])
def test_nobody_stays_signed_in_who_signed_in_during_the_change(change: Callable[[User], None]) -> None:
    for number in range(ROUNDS):
        alice = make_user(f"alice{number}@example.com")
        assert during_a_change(alice, change) == "refused"
    assert not Session.objects.exists()


def test_a_browser_that_signs_in_while_a_factor_is_added_is_asked_for_it() -> None:
    alice, browser, targets = make_user("alice@example.com"), Browser(), []

    def act() -> None:
        targets.append(browser.give_password(alice)["Location"])
        connection.close()

    other = threading.Thread(target=act)
    with transaction.atomic():
        new_factor(alice)
        other.start()
        # Long enough for one that does not wait to be done.
        other.join(1.5)
    other.join(10)
    assert targets == ["/login/code"]
    assert not browser.is_signed_in


def test_at_any_moment_of_a_suspension_nobody_stays_signed_in() -> None:
    sam = make_user("sam@example.com", is_staff=True, is_superuser=True)
    for number in range(ROUNDS):
        alice = make_user(f"alice{number}@example.com")
        outcomes: list[str] = []
        barrier = threading.Barrier(2)

        def act(user: User = alice, into: list[str] = outcomes, start: threading.Barrier = barrier) -> None:
            start.wait(10)
            sign_in(user, into)

        other = threading.Thread(target=act)
        other.start()
        barrier.wait(10)
        suspend_account(user=alice, by=sam)
        other.join(10)
        assert outcomes
        assert not Session.objects.filter(user=alice).exists()
