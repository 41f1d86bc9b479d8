"""Which devices stay where a plan has room for fewer, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.people import signed_in
from billing.entitlements import entitlement_for
from nexusvpn.api.fields import StrictSerializer
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from vpn.services.kept_devices import choices_of, keep_devices

# More than any plan has room for.
MOST = 1000


class KeptForm(StrictSerializer):
    devices = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST, help_text="Ids of your devices; none: the oldest stay."
    )


class KeptDeviceView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    chosen = serializers.BooleanField()
    stays = serializers.BooleanField(help_text="With the plan that you have now.")


class KeptView(serializers.Serializer[Any]):
    room = serializers.IntegerField(help_text="How many devices your plan has room for.")
    devices = KeptDeviceView(many=True, help_text="In the order in which they stay.")


def _shown(user: User) -> dict[str, Any]:
    room = entitlement_for(user).device_limit
    devices = [
        {"id": found.device.pk, "name": found.device.name, "chosen": found.is_chosen, "stays": found.stays}
        for found in choices_of(user, room)
    ]
    return {"room": room, "devices": devices}


class KeptDevicesView(ApiView):
    scope = Scope.DEVICES

    @extend_schema(responses={200: KeptView})
    def get(self, request: Request) -> Response:
        """Which of your devices stay if your plan has room for fewer."""
        return Response(_shown(signed_in(request)))

    @extend_schema(request=KeptForm, responses={200: KeptView})
    def put(self, request: Request) -> Response:
        """Choose them. The choice holds for every plan that comes; the room that is left goes to the oldest of the others."""
        user = signed_in(request)
        keep_devices(user=user, device_ids=self.read(KeptForm)["devices"])
        return Response(_shown(user))
