"""The pages that need no device: the landing page and the locations."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.price_list import price_list
from vpn.services.locations import list_locations, locations_with_servers


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    context = {"list": price_list(request.GET), "locations": locations_with_servers()}
    return render(request, "home/landing.html", context)


@never_cache
@login_required
@require_safe
def locations(request: HttpRequest) -> HttpResponse:
    return render(request, "vpn/locations.html", {"locations": list_locations()})
