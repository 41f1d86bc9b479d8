"""What Stripe told us, and what followed."""

from __future__ import annotations

from django.contrib import admin

from billing.models import Effect, StripeEvent
from nexusvpn.admin_base import ReadOnlyAdmin


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    list_display = ("stripe_id", "type", "object_id", "state", "reason", "attempts", "was_missed", "received_at")
    list_filter = ("state", "was_missed", "type")
    search_fields = ("=stripe_id", "=object_id", "=customer_id", "type")


@admin.register(Effect)
class EffectAdmin(ReadOnlyAdmin):
    """Mails and notices that happened once."""

    list_display = ("key", "created_at")
    search_fields = ("key",)
    ordering = ("-created_at",)
