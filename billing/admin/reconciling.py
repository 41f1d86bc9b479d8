"""Comparisons with Stripe, and what differed."""

from __future__ import annotations

from django.contrib import admin

from billing.models import Discrepancy, ReconcileRun
from nexusvpn.admin_base import ReadOnlyAdmin


@admin.register(ReconcileRun)
class ReconcileRunAdmin(ReadOnlyAdmin):
    list_display = ("kind", "started_at", "finished_at", "reached", "compared", "differences", "error")
    list_filter = ("kind",)
    search_fields = ("error", "kind")


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyAdmin):
    list_display = ("found_at", "kind", "object_id", "user", "healed_at", "closed_at", "closed_by")
    list_select_related = ("user", "closed_by")
    list_filter = ("kind", ("healed_at", admin.EmptyFieldListFilter), ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("=object_id", "user__email")
