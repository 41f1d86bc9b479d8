"""A node's own credential; people's tokens do not work here, nor nodes' elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from nexusvpn.api.authentication import bearer_token
from nexusvpn.ratelimit import NODE, NODE_FAILURES, enforce, refuse_spent
from vpn.errors import InvalidNodeCredential
from vpn.services.credentials import authenticate_node


class Node:
    """The caller of a node endpoint, in the place where DRF expects a user."""

    is_authenticated = True
    is_active = True

    def __init__(self, server_id: UUID) -> None:
        self.server_id = server_id
        self.pk = server_id


def admit_node(request: HttpRequest, credential: str) -> UUID:
    """The server whose node calls, counted; for the web process and the waiting one alike.

    An address that failed too often is refused before anything is looked up; what a stranger does elsewhere hurts no
    node. Raises RateLimited or InvalidNodeCredential.
    """
    refuse_spent(request, NODE_FAILURES)
    server_id = authenticate_node(credential)
    if server_id is None:
        enforce(request, NODE_FAILURES)
        raise InvalidNodeCredential
    enforce(request, NODE, str(server_id))
    return server_id


class NodeAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Any]:
        token = bearer_token(request.META.get("HTTP_AUTHORIZATION", "")) or ""
        return Node(admit_node(request._request, token)), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class NodeScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = NodeAuthentication
    name = "node"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A node's credential, from node/enrol."}
