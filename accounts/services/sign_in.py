"""Signing in: limits, the password, the history; the same for pages, admin and API."""

from __future__ import annotations

import hashlib

from django.contrib.auth import authenticate
from django.http import HttpRequest

from accounts.errors import AccountSuspended, InvalidCredentials
from accounts.models import LoginHistory, Session, User
from nexusvpn.http import client_address, user_agent
from nexusvpn.ratelimit import LOGIN_ACCOUNT, LOGIN_ADDRESS, enforce


def count_attempt(request: HttpRequest, email: str) -> None:
    """Count a try against the limits of the client's address and of the account, before anything is looked up."""
    enforce(request, LOGIN_ADDRESS)
    account = hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()
    enforce(request, LOGIN_ACCOUNT, account)


def check_credentials(request: HttpRequest, *, email: str, password: str, kind: Session.Kind) -> User:
    """The active account with this address and password; every try is counted and recorded.

    Raises RateLimited, InvalidCredentials or AccountSuspended (only after the right password, so that it tells a stranger nothing).
    """
    count_attempt(request, email)
    user = authenticate(request, username=email, password=password)
    if isinstance(user, User):
        record(request, user, LoginHistory.Outcome.SUCCESS, kind)
        return user
    known = User.objects.with_email(email).first() if "\x00" not in email else None
    suspended = known is not None and not known.is_active and known.check_password(password)
    record(request, known, LoginHistory.Outcome.BLOCKED if suspended else LoginHistory.Outcome.FAILED, kind)
    raise AccountSuspended if suspended else InvalidCredentials


def record(request: HttpRequest, user: User | None, outcome: LoginHistory.Outcome, kind: Session.Kind) -> None:
    LoginHistory.objects.create(
        user=user, outcome=outcome, kind=kind, ip_address=client_address(request), user_agent=user_agent(request)
    )
