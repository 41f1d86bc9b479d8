"""A list page as DRF's documentation writes it: ModelSerializer, page pagination, default renderer. See `bench.default_settings`."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework import generics, serializers

from support.models import Ticket


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    class Meta:
        model = Ticket
        fields = ("id", "subject", "status", "priority", "created_at", "updated_at", "closed_at")


class TicketList(generics.ListAPIView[Ticket]):
    serializer_class = TicketSerializer

    def get_queryset(self) -> Any:
        user: Any = self.request.user
        return Ticket.objects.filter(user=user)


urlpatterns = [path("api/v1/tickets", TicketList.as_view())]
