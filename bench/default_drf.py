"""A list page as DRF's documentation writes it: ModelSerializer, token authentication, throttle, page pagination."""

from __future__ import annotations

import hashlib
from typing import Any

from django.urls import path
from rest_framework import exceptions, generics, serializers
from rest_framework.authentication import TokenAuthentication

from accounts.models import Session
from support.models import Ticket


class SessionTokenAuthentication(TokenAuthentication):
    """DRF's own, with the product's table in place of `authtoken_token`."""

    keyword = "Bearer"

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        try:
            token = Session.objects.select_related("user").get(key_hash=hashlib.sha256(key.encode()).hexdigest())
        except Session.DoesNotExist:
            raise exceptions.AuthenticationFailed from None
        if token.user is None or not token.user.is_active:
            raise exceptions.AuthenticationFailed
        return token.user, token


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    class Meta:
        model = Ticket
        fields = ("id", "subject", "status", "priority", "created_at", "updated_at", "closed_at")


class TicketList(generics.ListAPIView[Ticket]):
    serializer_class = TicketSerializer

    def get_queryset(self) -> Any:
        return Ticket.objects.filter(user=self.request.user)


urlpatterns = [path("api/v1/tickets", TicketList.as_view())]
