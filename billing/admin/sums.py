"""The sums that the home's figures and the reports begin from."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.admin.columns import money_column
from billing.models import LedgerDay, RecurringMonth
from nexusvpn.admin_base import ReadOnlyAdmin


@admin.register(LedgerDay)
class LedgerDayAdmin(ReadOnlyAdmin):
    list_display = ("recorded_on", "occurred_on", "kind", money_column("amount_minor", _("amount")), "price")
    list_select_related = ("price",)
    list_filter = ("kind", "currency")
    search_fields = ("=occurred_on", "=recorded_on", "=currency")


@admin.register(RecurringMonth)
class RecurringMonthAdmin(ReadOnlyAdmin):
    list_display = (
        "month",
        "currency",
        money_column("opening", _("opening")),
        money_column("closing", _("closing")),
        money_column("churn", _("churn")),
        "people",
        "people_went",
        "counted_at",
    )
    search_fields = ("=month", "=currency")
