"""What we asked of Stripe: checkouts and orders."""

from __future__ import annotations

from django.contrib import admin

from billing.models import CheckoutSession, StripeOrder
from nexusvpn.admin_base import ReadOnlyAdmin


@admin.register(CheckoutSession)
class CheckoutSessionAdmin(ReadOnlyAdmin):
    """Without the address of its page: whoever has that can pay there."""

    fields = ("id", "user", "price", "state", "stripe_id", "created_at", "expires_at", "ended_at")
    list_display = ("id", "user", "price", "state", "created_at", "expires_at", "ended_at")
    list_select_related = ("user", "price")
    list_filter = ("state", "price__plan")
    search_fields = ("=id", "=stripe_id", "user__email")
    ordering = ("-created_at", "id")


@admin.register(StripeOrder)
class StripeOrderAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "purpose", "subject", "state", "result", "attempts", "created_at", "finished_at")
    list_select_related = ("user",)
    list_filter = ("state", "purpose", "is_durable")
    search_fields = ("=id", "=subject", "=result", "user__email")
    ordering = ("-created_at", "id")
