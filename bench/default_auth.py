"""DRF's token authentication for the default page. A module of its own: DRF imports it while it loads its views."""

from __future__ import annotations

import hashlib
from typing import Any

from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import Session


class SessionTokenAuthentication(TokenAuthentication):
    """DRF's own, with the product's table in place of `authtoken_token`."""

    keyword = "Bearer"

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        try:
            token = Session.objects.select_related("user").get(key_hash=hashlib.sha256(key.encode()).hexdigest())
        except Session.DoesNotExist:
            raise AuthenticationFailed from None
        if token.user is None or not token.user.is_active:
            raise AuthenticationFailed
        return token.user, token
