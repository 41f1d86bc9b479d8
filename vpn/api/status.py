from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nexusvpn.api.permissions import Anyone
from nexusvpn.api.views import ApiView
from vpn.models import Incident
from vpn.services.status import current_status

STATES = ["up", "degraded", "down"]


class DayShape(serializers.Serializer[Any]):
    date = serializers.DateField(help_text="UTC.")
    up = serializers.FloatField(allow_null=True, help_text="Share of the known time, 0 to 1; null: nothing is known.")
    known_seconds = serializers.IntegerField(help_text="Of the day, how much was measured.")


class LocationStatusShape(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    city = serializers.CharField()
    country_code = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES, help_text="degraded: some of its servers are not heard.")
    up = serializers.FloatField(allow_null=True, help_text="Share of the known time of the last 90 days.")
    days = DayShape(many=True, help_text="The last 90 days, oldest first.")


class UpdateShape(serializers.Serializer[Any]):
    written_at = serializers.DateTimeField()
    text = serializers.CharField()


class IncidentShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    impact = serializers.ChoiceField(choices=Incident.Impact.choices)
    locations = serializers.ListField(child=serializers.CharField(), help_text="Names; empty: everywhere.")
    started_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    updates = UpdateShape(many=True)


class StatusShape(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=STATES, allow_null=True, help_text="null: no server is in service.")
    measured_at = serializers.DateTimeField(help_text="When this was true; at most a second ago, but for faults.")
    locations = LocationStatusShape(many=True)
    incidents = IncidentShape(many=True)


class StatusView(ApiView):
    permission_classes = (Anyone,)

    @extend_schema(responses={200: StatusShape}, auth=[])
    def get(self, request: Request) -> Response:
        """How the service is now and was in the last 90 days, and what staff say about trouble."""
        return Response(current_status().as_dict())
