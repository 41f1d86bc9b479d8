"""Locations, as staff enter them, and how many of their servers are online."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from nexusvpn.languages import lazy as _
from vpn.admin.stops import StoppableAdmin, banners_of_location
from vpn.models import Location, Server
from vpn.services.heard import heard


@admin.register(Location)
class LocationAdmin(StoppableAdmin):
    typed_by_help = ("country_code",)
    list_display = ("name", "slug", "city", "country_code", "premium", "is_active", "online")
    list_filter = ("premium", "is_active")
    search_fields = ("name", "slug", "city", "=country_code")
    banners: ClassVar[list[Any]] = [banners_of_location]
    instead_of_deleting = _(
        "Take the tick from “Is active” on its page instead: the location is then no longer offered to customers."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Location]:
        rows: QuerySet[Location] = super().get_queryset(request)
        is_online = Q(servers__state=Server.State.ONLINE, servers__stopped_at=None) & heard("servers__status__")
        return rows.annotate(_servers=Count("servers"), _online=Count("servers", filter=is_online))

    @admin.display(description=_("servers online"), ordering="_online")
    def online(self, location: Any) -> str:
        return gettext("%(online)s of %(servers)s") % {"online": location._online, "servers": location._servers}
