"""Asking somebody who is signed in for their password, and their factor, once more: before they change what guards the account."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone

from accounts.errors import WrongPassword
from accounts.models import LoginHistory, Session, User
from accounts.services.second_factor import prove_by_code
from accounts.services.sign_in import record
from accounts.validators import MAX_PASSWORD
from nexusvpn.ratelimit import REAUTHENTICATION, enforce

# For so long after signing in, or after being asked again, nothing is asked.
FRESH = timedelta(minutes=10)


def is_fresh(proved_at: datetime | None) -> bool:
    return proved_at is not None and proved_at > timezone.now() - FRESH


def check_own_password(
    request: HttpRequest, *, user: User, password: str, kind: Session.Kind, field: str = "password"
) -> None:
    """Raises RateLimited, or WrongPassword at `field`, which is recorded: it may be somebody with a stolen session."""
    enforce(request, REAUTHENTICATION, str(user.pk))
    if len(password) > MAX_PASSWORD or "\x00" in password or not user.check_password(password):
        record(request, user, LoginHistory.Outcome.FAILED, kind)
        raise WrongPassword(fields={field: [WrongPassword.message]})


def check_person(
    request: HttpRequest, *, user: User, password: str, code: str, kind: Session.Kind, field: str = "password"
) -> bool:
    """Whether it is still the person: their password and, if they have a factor, a code of it. Returns whether a factor was shown.

    Raises RateLimited, WrongPassword at `field`, or InvalidCode.
    """
    check_own_password(request, user=user, password=password, kind=kind, field=field)
    if not user.has_second_factor():
        return False
    prove_by_code(request, user=user, code=code, kind=kind)
    return True
