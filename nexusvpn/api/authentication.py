"""`Authorization: Bearer <token>`. The kernel knows no app: the function that knows tokens is named in settings."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


@lru_cache(maxsize=1)
def _authenticator() -> Any:
    return import_string(settings.BEARER_AUTHENTICATOR)


def bearer_token(header: str) -> str | None:
    """The token of an Authorization header, or None where there is no bearer header."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        token = bearer_token(request.META.get("HTTP_AUTHORIZATION", ""))
        if token is None:
            return None
        found: tuple[Any, Any] | None = _authenticator()(token)
        if found is None:
            raise AuthenticationFailed
        return found  # (user, session)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
