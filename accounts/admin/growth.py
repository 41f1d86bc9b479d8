"""The sums that the home's figures begin from."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import PeopleDay
from nexusvpn.admin_base import ReadOnlyAdmin


@admin.register(PeopleDay)
class PeopleDayAdmin(ReadOnlyAdmin):
    list_display = ("day", "joined", "erased")
    search_fields = ("=day",)
