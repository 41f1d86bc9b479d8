"""Signing in: limits, the password, the history; the same for pages, admin and API.

What is asked beside the password, `second_factor` decides.
"""

from __future__ import annotations

import hashlib
import unicodedata

from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.client_cookie import CLIENT_COOKIE
from accounts.errors import AccountLeaving, AccountSuspended, InvalidCredentials
from accounts.models import KnownClient, LoginHistory, Session, User
from accounts.services.known_clients import browser_fingerprint
from accounts.validators import MAX_PASSWORD
from nexusvpn.http import client_address, user_agent
from nexusvpn.ratelimit import LOGIN_ACCOUNT, LOGIN_ADDRESS, enforce


def count_attempt(request: HttpRequest, email: str) -> None:
    """Count a try against the limits of the client's address and of the account, before anything is looked up."""
    enforce(request, LOGIN_ADDRESS)
    account = hashlib.sha256(_plain(email).encode("utf-8", "replace")).hexdigest()
    enforce(request, LOGIN_ACCOUNT, account + _known_browser(request, email))


def _known_browser(request: HttpRequest, email: str) -> str:
    """What a browser counts by that the account was signed in to before: nobody else's tries shut it out."""
    cookie = request.COOKIES.get(CLIENT_COOKIE)
    if not cookie or "\x00" in email:
        return ""
    fingerprint = browser_fingerprint(cookie)
    users = User.objects.with_email(email)
    return fingerprint if KnownClient.objects.filter(user__in=users, fingerprint=fingerprint).exists() else ""


def _plain(email: str) -> str:
    """One text for all spellings that the database's `lower()` may take for the same address.

    It takes İ for i, which Python does not: each such letter would double the number of tries.
    """
    letters = unicodedata.normalize("NFKD", email.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def find_account(email: str, password: str) -> tuple[User | None, bool]:
    """The account with this address, suspended or not, and whether this is its password.

    Costs one hash whoever the account is, so that the time tells nobody whether it exists.
    """
    if not email or not password or "\x00" in email or len(password) > MAX_PASSWORD:
        return None, False
    user = User.objects.with_email(email).first()
    if user is None:
        make_password(password)
        return None, False
    return user, user.check_password(password)


def check_credentials(request: HttpRequest, *, email: str, password: str, kind: Session.Kind) -> User:
    """The active account with this address and password; every try is counted, and recorded unless it goes on.

    The caller records how it ends: a password is not yet a sign-in. Raises RateLimited, InvalidCredentials, AccountSuspended or
    AccountLeaving (only after the right password, so that it tells a stranger nothing).
    """
    count_attempt(request, email)
    user, matches = find_account(email, password)
    if user is None or not matches:
        record(request, user, LoginHistory.Outcome.FAILED, kind)
        raise InvalidCredentials
    refuse_inactive(request, user, kind)
    return user


def refuse_inactive(request: HttpRequest, user: User, kind: Session.Kind) -> None:
    """Record and raise AccountSuspended or AccountLeaving, for somebody who has shown who they are."""
    if not user.is_active:
        record(request, user, LoginHistory.Outcome.BLOCKED, kind)
        raise AccountLeaving if user.is_leaving and not user.is_suspended else AccountSuspended


def record(request: HttpRequest, user: User | None, outcome: LoginHistory.Outcome, kind: Session.Kind) -> None:
    LoginHistory.objects.create(
        user=user, outcome=outcome, kind=kind, ip_address=client_address(request), user_agent=user_agent(request)
    )
