"""Gift codes."""

from __future__ import annotations

from django.contrib import admin

from billing.models import GiftBatch, GiftCode
from nexusvpn.admin_base import ReadOnlyAdmin


@admin.register(GiftBatch)
class GiftBatchAdmin(ReadOnlyAdmin):
    list_display = ("name", "plan", "days", "expires_at", "created_by", "created_at")
    list_select_related = ("plan", "created_by")
    list_filter = ("plan",)
    search_fields = ("name",)


@admin.register(GiftCode)
class GiftCodeAdmin(ReadOnlyAdmin):
    fields = ("id", "batch", "redeemed_at", "redeemed_by", "grant", "revoked_at")
    list_display = ("id", "batch", "redeemed_at", "redeemed_by", "revoked_at")
    list_select_related = ("batch", "redeemed_by")
    list_filter = (("redeemed_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("=id", "batch__name", "redeemed_by__email")
    ordering = ("id",)
