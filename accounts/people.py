from __future__ import annotations

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import User
from nexusvpn.errors import NotAuthenticated
from nexusvpn.texts import without_links


def signed_in(request: HttpRequest | Request) -> User:
    """The person behind a request; raises NotAuthenticated where there is nobody."""
    user = request.user
    if not isinstance(user, User):
        raise NotAuthenticated
    return user


def greeting_name(user: User) -> str:
    """What mails call the person; nothing if the name could be taken for a link, since nobody has confirmed the address."""
    return without_links(user.full_name)
