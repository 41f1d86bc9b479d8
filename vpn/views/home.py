"""The landing page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from billing.entitlements import entitlement_for
from billing.price_list import price_list
from vpn.services.location_list import plain
from vpn.services.locations import locations_with_servers


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    user = request.user
    locations = sorted(locations_with_servers(), key=lambda row: (plain(row["city"]), row["name"]))
    context = {
        "list": price_list(request.GET),
        "locations": locations,
        "entitlement": entitlement_for(user) if isinstance(user, User) else None,
    }
    return render(request, "home/landing.html", context)
