from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import Plan
from nexusvpn.api.pagination import fetch_page, page_request
from nexusvpn.api.permissions import Anyone
from nexusvpn.api.schema import PAGE_PARAMETERS, paged
from nexusvpn.api.views import ApiView


class PlanView(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    device_limit = serializers.IntegerField()
    quota_bytes = serializers.IntegerField(allow_null=True, help_text="A month, both ways; null: unlimited.")
    premium_locations = serializers.BooleanField()
    price_minor = serializers.IntegerField(help_text="A month, in the currency's smallest unit.")
    currency = serializers.CharField()


class PlansView(ApiView):
    permission_classes = (Anyone,)
    COLUMNS = tuple(PlanView().fields)

    @extend_schema(parameters=PAGE_PARAMETERS, responses={200: paged(PlanView)}, auth=[])
    def get(self, request: Request) -> Response:
        def row(*values: Any) -> dict[str, Any]:
            return dict(zip(self.COLUMNS, values, strict=True))

        plans = Plan.objects.filter(is_offered=True)
        return Response(fetch_page(plans, page_request(request.query_params), self.COLUMNS, row).as_dict())
