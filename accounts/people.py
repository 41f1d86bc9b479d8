from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import User
from accounts.services.staff_factor import standing_of
from nexusvpn.errors import NotAuthenticated
from nexusvpn.texts import without_links


def signed_in(request: HttpRequest | Request) -> User:
    """The person behind a request; raises NotAuthenticated where there is nobody.

    Staff who must show a second factor and have not `lacks_factor`.
    """
    user = request.user
    if not isinstance(user, User):
        raise NotAuthenticated
    if user.is_staff:
        user.lacks_factor = not standing_of(user, factor_shown_at(request)).is_open
    return user


def factor_shown_at(request: HttpRequest | Request) -> datetime | None:
    """When a second factor was shown in the session or with the token that a request came with; API keys have none."""
    came_with = request.auth if isinstance(request, Request) else request.session
    return getattr(came_with, "second_factor_at", None)


def greeting_name(user: User) -> str:
    """What mails call the person; nothing if the name could be taken for a link, since nobody has confirmed the address."""
    return without_links(user.full_name)
