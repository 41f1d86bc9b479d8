"""The first steps of a new customer: choose a device, get its configuration, see it connect.

Each step is a page of its own; how far somebody has come is asked of what there is. Nothing is stored about it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.people import signed_in
from billing.entitlements import entitlement_for
from nexusvpn.errors import NotFound
from vpn.forms import DeviceForm
from vpn.forms_welcome import FirstDeviceForm
from vpn.services.device_views import DeviceView, find_device, live_devices
from vpn.services.welcome import WAITING_STATES, Stage, has_connected, welcome_of
from vpn.views.device_result import DeviceResult, by_script, result_json, result_page
from vpn.views.guides import SYSTEMS, System
from vpn.views.new_device import add_by_form, form_context

# Who waits for longer than this for the first connection is told what to try.
PATIENCE = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(days=1)


@never_cache
@login_required
@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """To the step that is next; to the overview when none is."""
    found = welcome_of(live_devices(signed_in(request).pk))
    if found.stage is Stage.DEVICE:
        return redirect("welcome-device")
    if found.device is None:
        return redirect("dashboard")
    return redirect(_connect_url(found.device.id, ""))


@never_cache
@login_required
@require_safe
def device(request: HttpRequest) -> HttpResponse:
    """Step 1. What was chosen before stands in the address, so that it is there again on the way back."""
    initial = {name: request.GET.get(name, "")[:64] for name in ("system", "name")}
    return _device_page(request, _choice(None, initial))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def configuration(request: HttpRequest) -> HttpResponse:
    """Step 2, for the system and the name that step 1 asked for."""
    choice = _choice(request.POST if request.method == "POST" else request.GET)
    if not choice.is_valid():
        return _device_page(request, choice) if choice.data else redirect("welcome-device")
    user, name = signed_in(request), choice.cleaned_data["name"]
    chosen = next(system for system in SYSTEMS if system.slug == choice.cleaned_data["system"])
    if request.method != "POST":
        return _configuration_page(request, user, chosen, DeviceForm(initial={"name": name}))

    def made(result: DeviceResult) -> HttpResponse:
        next_url = _connect_url(result.device.id, chosen.slug)
        if by_script(request):
            return result_json(result, 201, next_url=next_url)
        return result_page(request, result, 201, "vpn/welcome/result.html", system=chosen, next_url=next_url)

    return add_by_form(
        request, user, made, lambda form, status: _configuration_page(request, user, chosen, form, status)
    )


@never_cache
@login_required
@require_safe
def connect(request: HttpRequest) -> HttpResponse:
    """Step 3, and the fragments that keep it true. `?since=` is when its owner began to wait, in seconds since 1970."""
    user = signed_in(request)
    shown = _wanted_device(user, request.GET.get("device", ""))
    if shown is None:
        return redirect("welcome-device")
    since = _since(request.GET.get("since", ""))
    system = next((each for each in SYSTEMS if each.slug == request.GET.get("system")), None)
    context = {
        "device": shown,
        "system": system,
        "connected": has_connected(shown),
        "waits": shown.state in WAITING_STATES,
        "overdue": timezone.now() - since >= PATIENCE,
        "live_url": _connect_url(shown.id, system.slug if system else "", since),
        "resets_at": entitlement_for(user).resets_at,
    }
    return render(request, "vpn/welcome/connect.html", context)


def _choice(data: QueryDict | None, initial: dict[str, Any] | None = None) -> FirstDeviceForm:
    return FirstDeviceForm(data, initial=initial, systems=[(system.slug, system.name) for system in SYSTEMS])


def _device_page(request: HttpRequest, form: FirstDeviceForm) -> HttpResponse:
    found = welcome_of(live_devices(signed_in(request).pk))
    context = {"form": form, "waiting": found.device, "is_done": found.stage is Stage.DONE}
    return render(request, "vpn/welcome/device.html", context, status=400 if form.is_bound else 200)


def _configuration_page(
    request: HttpRequest, user: User, system: System, form: DeviceForm, status: int = 200
) -> HttpResponse:
    # A device that waits was made a moment ago, and this page was loaded again: its file cannot be shown a second time.
    waiting = welcome_of(live_devices(user.pk)).device
    context = {"system": system, "name": form["name"].value(), "waiting": waiting, **form_context(user, form)}
    return render(request, "vpn/welcome/configuration.html", context, status=status)


def _wanted_device(user: User, wanted: str) -> DeviceView | None:
    """The device that is named, else the newest that waits, else the newest. Raises NotFound for one that is not theirs."""
    if not wanted:
        devices = live_devices(user.pk)
        return welcome_of(devices).device or next(iter(devices), None)
    try:
        return find_device(user.pk, UUID(wanted))
    except ValueError:
        raise NotFound from None


def _since(text: str) -> datetime:
    now = timezone.now()
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        return now
    since = datetime.fromtimestamp(min(int(text), int(now.timestamp())), UTC)
    return max(since, now - _LONGEST_WAIT)


def _connect_url(device_id: UUID, system: str, since: datetime | None = None) -> str:
    asked = {"device": str(device_id), "system": system, "since": str(int(since.timestamp())) if since else ""}
    return f"{reverse('welcome-connect')}?{urlencode({name: value for name, value in asked.items() if value})}"
