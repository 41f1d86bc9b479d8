"""Signing in to a browser: the one way in for every page, at once or after a second factor.

Who has shown a password and not yet the factor has an anonymous session with a note of whom it may become. Nothing else reads the note.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.errors import InvalidCredentials
from accounts.locks import lock_person
from accounts.models import LoginHistory, Session, User
from accounts.services.reauthentication import is_fresh
from accounts.services.sign_in import record, refuse_inactive

NOTE = "pending_sign_in"
PROVED_AT = "proved_at"
PENDING_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Pending:
    """Whom this browser may become, where it goes then, and which of the sign-ins begun here this is."""

    user: User
    target: str
    number: str


def enter(request: HttpRequest, user: User, *, target: str = "") -> bool:
    """Sign in somebody who has shown their password, or has just made their account. False: a second factor is asked for first.

    Raises InvalidCredentials if the password has changed, or the account was suspended, since `user` was read.
    """
    if _open(request, user, with_factor=False):
        return True
    request.session.cycle_key()
    request.session[NOTE] = {
        "user": str(user.pk),
        "password": user.get_session_auth_hash(),
        "until": time.time() + PENDING_LIFETIME.total_seconds(),
        "target": target,
        "number": secrets.token_urlsafe(8),
    }
    record(request, user, LoginHistory.Outcome.SECOND_FACTOR, Session.Kind.BROWSER)
    return False


def pending_sign_in(request: HttpRequest) -> Pending | None:
    """What was begun here within the last ten minutes, unless the password has changed since."""
    note: dict[str, Any] | None = request.session.get(NOTE)
    if note is None:
        return None
    user = User.objects.filter(pk=note["user"]).first() if note["until"] > time.time() else None
    if user is None or not constant_time_compare(note["password"], user.get_session_auth_hash()):
        del request.session[NOTE]
        return None
    return Pending(user, note["target"], note["number"])


def check_active(request: HttpRequest, user: User) -> None:
    """Forget what was begun here if the account was suspended, or left, meanwhile. Raises AccountSuspended or AccountLeaving."""
    if not user.is_active:
        request.session.pop(NOTE, None)
    refuse_inactive(request, user, Session.Kind.BROWSER)


def enter_with_factor(request: HttpRequest, user: User) -> None:
    """Sign in somebody who has shown everything there is to show: password and factor, or a passkey that is both."""
    request.session.pop(NOTE, None)
    _open(request, user, with_factor=True)
    request.session.note_second_factor()  # type: ignore[attr-defined]


def _open(request: HttpRequest, user: User, *, with_factor: bool) -> bool:
    """False: nobody is signed in, since there is a factor that was not shown."""
    # The lock closes the race with a factor that is added, a new password, and a suspension.
    with transaction.atomic(durable=True):
        now = lock_person(user.pk)
        if now is None or not now.is_active or now.password != user.password:
            raise InvalidCredentials
        if not with_factor and now.has_second_factor():
            return False
        # Gives the session another key, so that nobody who knew the former one is signed in too.
        auth.login(request, user)
        request.session[PROVED_AT] = time.time()
        record(request, user, LoginHistory.Outcome.SUCCESS, Session.Kind.BROWSER)
    return True


def confirm(request: HttpRequest, *, with_factor: bool) -> None:
    """Note that the person has just been asked again. The session gets another key, as after signing in."""
    request.session.cycle_key()
    request.session[PROVED_AT] = time.time()
    if with_factor:
        request.session.note_second_factor()  # type: ignore[attr-defined]


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the person has signed in, or was asked again, within the last minutes."""
    at = request.session.get(PROVED_AT)
    return at is not None and is_fresh(datetime.fromtimestamp(at, UTC))
