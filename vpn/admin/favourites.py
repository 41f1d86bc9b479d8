"""Which locations people want at the top of their lists: theirs to choose, looked at here."""

from __future__ import annotations

from django.contrib import admin

from nexusvpn.admin_base import ReadOnlyAdmin
from vpn.models import FavouriteLocation


@admin.register(FavouriteLocation)
class FavouriteLocationAdmin(ReadOnlyAdmin):
    list_display = ("user", "location", "created_at")
    list_select_related = ("user", "location")
    list_filter = ("location",)
    search_fields = ("user__email", "location__name")
    ordering = ("-id",)
