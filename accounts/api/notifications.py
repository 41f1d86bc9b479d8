"""Notifications over the API, and which of them also come by mail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Notification, User
from accounts.people import signed_in
from accounts.services.notifications import choose_mail, mail_choices, mark_all_read, mark_read
from nexusvpn.api.fields import StrictSerializer
from nexusvpn.api.pagination import CompiledPage, list_request
from nexusvpn.api.schema import LIST_PARAMETERS, listed
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView


class NotificationView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Notification.Kind.choices)
    title = serializers.CharField()
    text = serializers.CharField()
    link = serializers.CharField(help_text="A path of the site, or empty.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class MailChoiceForm(StrictSerializer):
    kind = serializers.ChoiceField(choices=Notification.Kind.choices)
    wanted = serializers.BooleanField()


class MailChoicesView(serializers.Serializer[Any]):
    choices = serializers.DictField(child=serializers.BooleanField(), help_text="Per kind, whether mails are sent.")


COLUMNS = tuple(NotificationView().fields)


def _row(*values: Any) -> dict[str, Any]:
    return dict(zip(COLUMNS, values, strict=True))


MINE = CompiledPage(lambda owner: Notification.objects.filter(user_id=owner), COLUMNS, _row)


class NotificationsView(ApiView):
    scope = Scope.PROFILE

    @extend_schema(parameters=LIST_PARAMETERS, responses={200: listed(NotificationView)})
    def get(self, request: Request) -> Response:
        return Response(MINE.fetch_list(signed_in(request).pk, list_request(request.query_params)).as_dict())


class NotificationReadView(ApiView):
    scope = Scope.PROFILE

    @extend_schema(request=None, responses={200: None})
    def post(self, request: Request, pk: UUID) -> Response:
        mark_read(user=signed_in(request), notification_id=pk)
        return Response(None)


class NotificationsReadAllView(ApiView):
    scope = Scope.PROFILE

    @extend_schema(request=None, responses={200: None})
    def post(self, request: Request) -> Response:
        mark_all_read(user=signed_in(request))
        return Response(None)


class MailChoicesListView(ApiView):
    scope = Scope.PROFILE

    @extend_schema(responses={200: MailChoicesView})
    def get(self, request: Request) -> Response:
        return Response(_choices(signed_in(request)))

    @extend_schema(request=MailChoiceForm, responses={200: MailChoicesView})
    def patch(self, request: Request) -> Response:
        user = signed_in(request)
        form = self.read(MailChoiceForm)
        choose_mail(user=user, kind=Notification.Kind(form["kind"]), wanted=form["wanted"])
        return Response(_choices(user))


def _choices(user: User) -> dict[str, dict[str, bool]]:
    return {"choices": {kind.value: wanted for kind, wanted in mail_choices(user).items()}}
