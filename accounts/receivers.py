"""What follows a sign-in in a browser, whichever page it came from: Django tells all of them by one signal."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.client_cookie import CLIENT_COOKIE
from accounts.models import User
from accounts.services.known_clients import browser_fingerprint, recognise
from nexusvpn.http import client_address, user_agent


@receiver(user_logged_in, dispatch_uid="accounts.recognise_browser")
def recognise_browser(sender: type[User], request: HttpRequest, user: User, **kwargs: Any) -> None:
    if not hasattr(request, "resolver_match"):
        # A test's or command's session, with no browser behind it.
        return
    cookie = request.COOKIES.get(CLIENT_COOKIE) or secrets.token_urlsafe(16)
    request.client_cookie = cookie  # type: ignore[attr-defined]
    with transaction.atomic():
        recognise(user, browser_fingerprint(cookie), address=client_address(request), user_agent=user_agent(request))
