"""Gift codes over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from billing.services.gifts import redeem
from nexusvpn.api.fields import StrictSerializer, Text
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from nexusvpn.ratelimit import GIFT_CODE, enforce


class GiftForm(StrictSerializer):
    code = Text(max_length=64, help_text="As it was given to you; small letters and other groups are the same.")


class GiftView(serializers.Serializer[Any]):
    plan = serializers.CharField()
    plan_name = serializers.CharField()
    valid_until = serializers.DateTimeField()


class GiftRedeemView(ApiView):
    scope = Scope.BILLING

    @extend_schema(request=GiftForm, responses={200: GiftView})
    def post(self, request: Request) -> Response:
        """Take what a gift code gives. A gift of the plan that an earlier one gives is added to it."""
        user = signed_in(request)
        asked = self.read(GiftForm)
        enforce(request._request, GIFT_CODE, f"user:{user.pk}")
        grant = redeem(user=user, code=asked["code"])
        return Response({"plan": grant.plan.code, "plan_name": grant.plan.name, "valid_until": grant.valid_until})
