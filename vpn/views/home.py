"""The landing page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.price_list import price_list
from vpn.services.location_list import plain
from vpn.services.locations import locations_with_servers


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    locations = sorted(locations_with_servers(), key=lambda row: (plain(row["city"]), row["name"]))
    context = {"list": price_list(request.GET), "locations": locations}
    return render(request, "home/landing.html", context)
