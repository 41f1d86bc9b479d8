"""The sums that the home's figures and the reports are made from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin

from billing.models import LedgerDay, RecurringCount, RecurringMonth
from nexusvpn.admin_base import OnlyRowAdmin, ReadOnlyAdmin
from nexusvpn.moments import month_in_words
from nexusvpn.templatetags.nexusvpn_ui import money


@admin.register(LedgerDay)
class LedgerDayAdmin(ReadOnlyAdmin):
    list_display = ("recorded_on", "occurred_on", "kind", "amount_minor", "tax_minor", "price")
    list_select_related = ("price__plan",)
    list_filter = ("kind", "currency")
    search_fields = ("=occurred_on", "=recorded_on", "=currency")


@admin.register(RecurringMonth)
class RecurringMonthAdmin(ReadOnlyAdmin):
    sums = ("opening", "closing", "new", "reactivation", "expansion", "contraction", "churn")
    words: ClassVar[dict[str, Callable[[Any], str]]] = {"month": month_in_words}
    list_display = ("month", "currency", "opening", "closing", "churn", "people", "people_went", "counted_at")
    search_fields = ("=month", "=currency")


def _by_plan(rows: list[dict[str, Any]]) -> str:
    return ", ".join(f"{row['plan']}: {money(row['mrr'], row['currency'])}" for row in rows)


@admin.register(RecurringCount)
class RecurringCountAdmin(ReadOnlyAdmin, OnlyRowAdmin):
    list_display = ("counted_at", "since")
    words: ClassVar[dict[str, Callable[[Any], str]]] = {"by_plan": _by_plan}
    search_fields = ("=since",)
