"""A node's own credential; people's tokens do not work here, nor nodes' elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from nexusvpn.api.authentication import bearer_token
from vpn.errors import InvalidNodeCredential
from vpn.services.nodes import authenticate_node


class Node:
    """The caller of a node endpoint, in the place where DRF expects a user."""

    is_authenticated = True
    is_active = True

    def __init__(self, server_id: UUID) -> None:
        self.server_id = server_id
        self.pk = server_id


class NodeAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Any]:
        token = bearer_token(request.META.get("HTTP_AUTHORIZATION", "")) or ""
        server_id = authenticate_node(token)
        if server_id is None:
            raise InvalidNodeCredential
        return Node(server_id), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class NodeScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = NodeAuthentication
    name = "node"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A node's credential, from node/enrol."}
