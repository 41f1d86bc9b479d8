"""The locations: found, narrowed and sorted by the address of the page, with the way to a configuration for each."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from accounts.wanted import wanted_page
from billing.entitlements import entitlement_for
from nexusvpn.forms_only import forms_only
from nexusvpn.http import client_address
from vpn.forms import LocationsForm
from vpn.services.device_views import DeviceView, live_devices
from vpn.services.favourites import add_favourite, favourites_of, remove_favourite
from vpn.services.location_list import look_through, rows_for
from vpn.services.locations import locations_with_servers
from vpn.services.speed_test import exits_at


@never_cache
@login_required
@require_safe
def locations(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = LocationsForm(request.GET)
    devices = live_devices(user.pk)
    form.offer_devices([(str(device.id), device.name) for device in devices])
    rows = rows_for(locations_with_servers(), entitlement_for(user), favourites_of(user.pk))
    found = look_through(rows, words=form.words, show=form.shown, sort=form.order)
    exits = exits_at(client_address(request))
    context = {
        "form": form,
        "locations": found,
        "total": len(rows),
        "device": _chosen(devices, form.wanted_device),
        "exits": exits,
        "connected": {exit.location_slug for exit in exits},
        "here": request.get_full_path(),
    }
    return render(request, "vpn/locations.html", context)


def _chosen(devices: list[DeviceView], wanted: str) -> DeviceView | None:
    """Which device the configurations are for: the one that was asked for, else the newest."""
    return next((device for device in devices if str(device.id) == wanted), devices[0] if devices else None)


@never_cache
@login_required
@forms_only
def location_favourite(request: HttpRequest, pk: int) -> HttpResponse:
    location = add_favourite(user=signed_in(request), location_id=pk)
    messages.success(request, _("%(name)s is one of your favourites now.") % {"name": location.name})
    return _back(request)


@never_cache
@login_required
@forms_only
def location_unfavourite(request: HttpRequest, pk: int) -> HttpResponse:
    location = remove_favourite(user=signed_in(request), location_id=pk)
    messages.success(request, _("%(name)s is no favourite any more.") % {"name": location.name})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was narrowed and sorted."""
    return redirect(wanted_page(request) or "locations")
