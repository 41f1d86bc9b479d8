from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from nexusvpn.errors import InvalidInput, NotFound
from vpn.api.serializers import UsageView as UsageShape
from vpn.models import VpnConfig
from vpn.services.usage import usage_of_plan

MAX_DAYS = 366


class UsageView(ApiView):
    scope = Scope.DEVICES

    @extend_schema(
        parameters=[
            OpenApiParameter("days", {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": 30}),
            OpenApiParameter("device", {"type": "string", "format": "uuid"}, description="Only this device."),
        ],
        responses={200: UsageShape},
    )
    def get(self, request: Request) -> Response:
        user = signed_in(request)
        days, device = _days(request), _device(request)
        entitlement, items, period = usage_of_plan(user, days, device)
        return Response(
            {
                "items": items,
                "bytes_up": sum(item["bytes_up"] for item in items),
                "bytes_down": sum(item["bytes_down"] for item in items),
                "period_start": period.since,
                "period_bytes": period.total,
                "quota_bytes": entitlement.quota_bytes,
                "resets_at": entitlement.resets_at,
            }
        )


def _days(request: Request) -> int:
    raw = request.query_params.get("days", "30")
    if raw.isascii() and raw.isdecimal() and len(raw) <= 3 and 1 <= int(raw) <= MAX_DAYS:
        return int(raw)
    raise InvalidInput(
        fields={"days": [_("Must be a whole number from {low} to {high}.").format(low=1, high=MAX_DAYS)]}
    )


def _device(request: Request) -> UUID | None:
    """The device asked for; a removed one still has its usage, another person's does not exist."""
    raw = request.query_params.get("device")
    if raw is None:
        return None
    try:
        device_id = UUID(raw)
    except ValueError:
        raise InvalidInput(fields={"device": [_("Must be a device's id.")]}) from None
    if not VpnConfig.objects.filter(pk=device_id, user=signed_in(request)).exists():
        raise NotFound
    return device_id
