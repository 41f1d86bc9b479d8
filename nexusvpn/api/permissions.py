"""Who may call. An endpoint that names nothing is for signed-in people: deny by default."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class SignedIn(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated)


class Anyone(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return True
