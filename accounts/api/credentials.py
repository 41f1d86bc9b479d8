"""What a person signs in with: their password and their address. No API key opens these."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers_security import AddressChangeForm, AddressView, PasswordChangeForm
from accounts.models import Session, User
from accounts.people import signed_in
from accounts.services.addresses import ask_for_change, cancel_change, pending_change
from accounts.services.passwords import change_password
from accounts.services.reauthentication import check_own_password
from nexusvpn.api.views import ApiView


class PasswordChangeView(ApiView):
    @extend_schema(request=PasswordChangeForm, responses={200: None})
    def post(self, request: Request) -> Response:
        user, values = signed_in(request), self.read(PasswordChangeForm)
        present, kind = values["current_password"], Session.Kind.TOKEN
        check_own_password(request._request, user=user, password=present, kind=kind, field="current_password")
        change_password(user=user, new_password=values["new_password"], keep=request.auth.pk)
        return Response(None)


def address_view(user: User) -> dict[str, Any]:
    pending = pending_change(user)
    return {
        "email": user.email,
        "is_verified": user.is_verified,
        "pending": asdict(pending) if pending is not None else None,
    }


class MyAddressView(ApiView):
    @extend_schema(responses={200: AddressView})
    def get(self, request: Request) -> Response:
        return Response(address_view(signed_in(request)))

    @extend_schema(request=AddressChangeForm, responses={202: AddressView})
    def post(self, request: Request) -> Response:
        user, values = signed_in(request), self.read(AddressChangeForm)
        check_own_password(request._request, user=user, password=values["password"], kind=Session.Kind.TOKEN)
        ask_for_change(user=user, email=values["email"])
        return Response(address_view(user), status=202)

    @extend_schema(responses={200: AddressView})
    def delete(self, request: Request) -> Response:
        user = signed_in(request)
        cancel_change(user=user)
        return Response(address_view(user))
