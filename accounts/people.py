from __future__ import annotations

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import User
from nexusvpn.errors import NotAuthenticated


def signed_in(request: HttpRequest | Request) -> User:
    """The person behind a request; raises NotAuthenticated where there is nobody."""
    user = request.user
    if not isinstance(user, User):
        raise NotAuthenticated
    return user
