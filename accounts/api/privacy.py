"""What a person may have of us over the API: their data, their account's history, and coming back while it is being deleted."""

from __future__ import annotations

from typing import Any

import orjson
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.activity import activity_page
from accounts.api.second_factor import wrong_code
from accounts.api.serializers_second_factor import CODE_LENGTH
from accounts.errors import InvalidCode
from accounts.models import DataExport, Session, User
from accounts.people import signed_in
from accounts.services.deletion import leave, restore_by_owner
from accounts.services.exports import latest_export, read_export, request_export
from accounts.services.reauthentication import check_person
from accounts.validators import MAX_PASSWORD
from nexusvpn.api.fields import StrictSerializer, Text
from nexusvpn.api.pagination import page_request
from nexusvpn.api.permissions import Anyone
from nexusvpn.api.schema import PAGE_PARAMETERS, paged
from nexusvpn.api.views import ApiView

STATES = ("none", *DataExport.State.values)


class LeaveForm(StrictSerializer):
    password = Text(max_length=MAX_PASSWORD, trim_whitespace=False)
    code = Text(
        max_length=CODE_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of the authenticator, or a recovery code; of who has a second factor.",
    )


class RestoreForm(LeaveForm):
    email = Text(max_length=254)


class LeavingView(serializers.Serializer[Any]):
    deletion_due_at = serializers.DateTimeField()


class ExportStateView(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=STATES)
    created_at = serializers.DateTimeField(allow_null=True)
    ready_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class ExportView(ExportStateView):
    export = serializers.DictField(allow_null=True, help_text="A heading, and each section; once the state is ready.")


class ActView(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    action = serializers.CharField()
    text = serializers.CharField()
    by = serializers.ChoiceField(choices=("you", "person", "staff", "node", "service"))
    ip_address = serializers.CharField(allow_null=True)
    details = serializers.DictField()


def _state(export: DataExport | None) -> dict[str, Any]:
    names = ("state", "created_at", "ready_at", "expires_at")
    return {name: getattr(export, name, None) for name in names} | ({} if export else {"state": "none"})


class ExportsView(ApiView):
    @extend_schema(responses={200: ExportView})
    def get(self, request: Request) -> Response:
        user = signed_in(request)
        newest = latest_export(user)
        ready = newest is not None and newest.state == DataExport.State.READY
        export = orjson.loads(read_export(user=user)) if ready else None
        return Response({**_state(newest), "export": export})

    @extend_schema(request=None, responses={202: ExportStateView})
    def post(self, request: Request) -> Response:
        return Response(_state(request_export(user=signed_in(request))), status=202)


class ActivityView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses={200: paged(ActView)})
    def get(self, request: Request) -> Response:
        return Response(activity_page(signed_in(request), page_request(request.query_params)).as_dict())


class RestoreView(ApiView):
    authentication_classes = ()
    permission_classes = (Anyone,)

    @extend_schema(request=RestoreForm, responses={200: None}, auth=[])
    def post(self, request: Request) -> Response:
        restore_by_owner(request._request, kind=Session.Kind.TOKEN, **self.read(RestoreForm))
        return Response(None)


def leave_by_request(request: Request, form: dict[str, Any]) -> dict[str, Any]:
    """What `DELETE users/me` does and answers."""
    user: User = signed_in(request)
    try:
        check_person(request._request, user=user, kind=Session.Kind.TOKEN, **form)
    except InvalidCode:
        raise wrong_code() from None
    return {"deletion_due_at": leave(user=user).deletion_due_at}
