from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import Interval, Plan
from billing.services.offers import PRICE, Offer, prices_beside, prices_of
from nexusvpn.api.pagination import fetch_page, page_request
from nexusvpn.api.permissions import Anyone
from nexusvpn.api.schema import PAGE_PARAMETERS, paged
from nexusvpn.api.views import ApiView


class PriceView(serializers.Serializer[Any]):
    interval = serializers.ChoiceField(choices=Interval.choices)
    currency = serializers.CharField()
    amount_minor = serializers.IntegerField(help_text="In the currency's smallest unit.")


class PlanView(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    device_limit = serializers.IntegerField()
    quota_bytes = serializers.IntegerField(allow_null=True, help_text="A month, both ways; null: unlimited.")
    premium_locations = serializers.BooleanField()
    priority_support = serializers.BooleanField()
    trial_days = serializers.IntegerField(
        help_text="Before the first payment, for people who have never paid; 0: none."
    )
    price_minor = serializers.IntegerField(help_text="A month, in `currency`'s smallest unit; 0: free.")
    currency = serializers.CharField(help_text="The currency that the service shows its prices in.")
    prices = PriceView(many=True, help_text="Everything that it is sold for now.")


class PlansView(ApiView):
    permission_classes = (Anyone,)
    COLUMNS = (
        "code",
        "name",
        "description",
        "device_limit",
        "quota_bytes",
        "premium_locations",
        "priority_support",
        "trial_days",
    )

    @extend_schema(parameters=PAGE_PARAMETERS, responses={200: paged(PlanView)}, auth=[])
    def get(self, request: Request) -> Response:
        plans = Plan.objects.filter(is_offered=True).annotate(beside=prices_beside())
        page = fetch_page(plans, page_request(request.query_params), ("pk", *self.COLUMNS, "beside"), self._row)
        return Response(page.as_dict())

    def _row(self, *values: Any) -> dict[str, Any]:
        plan = Plan(**dict(zip(("pk", *self.COLUMNS), values[:-1], strict=True)))
        return self._shown(Offer(plan, prices_of(plan, values[-1]), settings.BILLING_CURRENCY.upper()))

    def _shown(self, offer: Offer) -> dict[str, Any]:
        plan = {name: getattr(offer.plan, name) for name in self.COLUMNS}
        prices = [{name: getattr(price, name) for name in PRICE} for price in offer.prices]
        amount = offer.month.amount_minor if offer.month else 0
        return {**plan, "price_minor": amount, "currency": offer.currency, "prices": prices}
