"""Who may call. An endpoint that names nothing is for signed-in people: deny by default."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from nexusvpn.api.scopes import Scope
from nexusvpn.errors import NotAllowed


class SignedIn(BasePermission):
    """People who are signed in, and their API keys as far as these go."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        # What came with the request: a sign-in, which may do everything, or a key, which has scopes.
        scopes = getattr(request.auth, "scopes", None)
        if scopes is not None:
            _check_scopes(request.method or "", view, scopes)
        return True


def needed_scopes(method: str, view: Any) -> list[Scope]:
    """The scopes of which one opens a view for a method; none: no key does."""
    scope: Scope | None = view.scope
    if scope is None or method in view.without_keys:
        return []
    return [Scope.READ, scope] if method in SAFE_METHODS else [scope]


def _check_scopes(method: str, view: Any, scopes: list[str]) -> None:
    needed = needed_scopes(method, view)
    if not needed:
        raise NotAllowed(_("This cannot be done with an API key. Sign in."), code="session_required")
    if not set(needed) & set(scopes):
        raise NotAllowed(
            _("This needs an API key with the scope %(scope)s.") % {"scope": needed[-1]}, code="scope_required"
        )


class Anyone(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return True
