"""What nodes call. `node/state` here answers at once; the process that lets it hang is `vpn.node_api.waiting`."""

from __future__ import annotations

import zlib
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from nexusvpn.api.envelope import envelope
from nexusvpn.api.permissions import Anyone
from nexusvpn.api.views import ApiView
from nexusvpn.errors import InvalidInput
from nexusvpn.http import client_address
from nexusvpn.ratelimit import NODE_ENROL
from vpn.errors import InvalidNodeCredential
from vpn.models import Server
from vpn.node_api.authentication import Node, NodeAuthentication
from vpn.node_api.params import StateRequest
from vpn.node_api.serializers import EnrolForm, ReportForm
from vpn.services.credentials import issue_next_credential
from vpn.services.desired_state import changes_after, snapshot
from vpn.services.heard import note_contact
from vpn.services.nodes import enrol_node
from vpn.services.reports import Report, take_report


class NodeView(ApiView):
    """Authenticated by the node's credential and limited per node, not by the limits of people."""

    authentication_classes = (NodeAuthentication,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        # Who asks for the user authenticates, and that counts.
        request._request.actor_id = request.user.pk  # type: ignore[attr-defined]

    def body(self, form: type[Serializer[Any]]) -> dict[str, Any]:
        return _validated(self.request, form)


def _server_id(request: Request) -> UUID:
    node = request.user
    if not isinstance(node, Node):
        raise InvalidNodeCredential
    return node.server_id


def _validated(request: Request, form: type[Serializer[Any]]) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise InvalidInput(fields={"body": [_("Must be a JSON object.")]})
    read = form(data=request.data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


@extend_schema(exclude=True)
class EnrolView(ApiView):
    authentication_classes = ()
    permission_classes = (Anyone,)
    address_limits = {"POST": NODE_ENROL}

    def post(self, request: Request) -> Response:
        form = _validated(request, EnrolForm)
        return Response(enrol_node(token=form["token"], public_key=form["public_key"]), status=201)


@extend_schema(exclude=True)
class StateView(NodeView):
    def get(self, request: Request) -> Response:
        wanted = StateRequest.from_query(request.query_params)
        changes = changes_after(server_id=_server_id(request), epoch=wanted.epoch, after=wanted.after)
        return Response(changes.as_dict(hung=False))


@extend_schema(exclude=True)
class SnapshotView(NodeView):
    def get(self, request: Request) -> HttpResponse:
        server = Server.objects.get(pk=_server_id(request))
        allowed = server.mass_removal_until is not None and server.mass_removal_until > timezone.now()
        # By these the node knows that it is the answer to its own question, and not one that something kept.
        asked = {"node_id": server.pk, "nonce": request.query_params.get("nonce", "")[:64]}
        data = {**snapshot(server=server, allow_mass_removal=allowed), **asked}
        body = envelope(request._request, 200, "Success", data)
        # A node breaks off its waiting just before it asks for this; both may have been noticed in either order.
        note_contact(server.pk)
        if "gzip" not in request.META.get("HTTP_ACCEPT_ENCODING", ""):
            return HttpResponse(body, content_type="application/json")
        packed = HttpResponse(_packed(body), content_type="application/json")
        packed.headers["Content-Encoding"] = "gzip"
        return packed


def _packed(body: bytes) -> bytes:
    """As gzip, by Huffman's code alone: most of it is keys, and looking for what repeats among them takes as long as opening them."""
    packer = zlib.compressobj(wbits=31, strategy=zlib.Z_HUFFMAN_ONLY)
    return packer.compress(body) + packer.flush()


@extend_schema(exclude=True)
class ReportView(NodeView):
    def post(self, request: Request) -> Response:
        form = self.body(ReportForm)
        form.pop("protocol_version")
        own_addresses = form.pop("egress")
        report = Report(**form, egress=client_address(request._request), own_addresses=own_addresses)
        return Response(take_report(server_id=_server_id(request), report=report))


@extend_schema(exclude=True)
class CredentialView(NodeView):
    def post(self, request: Request) -> Response:
        return Response({"credential": issue_next_credential(server_id=_server_id(request))}, status=201)
