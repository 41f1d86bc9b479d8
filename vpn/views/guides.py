"""How to set a device up, system by system; for who is signed in, with the values of their own device."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from nexusvpn.errors import NotFound
from vpn.services.device_views import DeviceView, find_device, live_devices
from vpn.services.guides import guide_values, placeholders


class System(NamedTuple):
    slug: str
    name: Any
    # Whether its app can scan a QR code.
    takes_codes: bool = False


SYSTEMS = (
    System("windows", "Windows"),
    System("macos", "macOS"),
    System("linux", "Linux"),
    System("ios", _("iPhone and iPad"), takes_codes=True),
    System("android", "Android", takes_codes=True),
    System("openwrt", _("OpenWrt routers")),
    System("router", _("Other routers")),
)


@never_cache
@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    """The systems to choose from; a device that was chosen before stays so."""
    wanted = request.GET.get("device", "")[:36]
    return render(request, "vpn/guides/index.html", {"chosen": f"?{urlencode({'device': wanted})}" if wanted else ""})


@never_cache
@require_safe
def guide(request: HttpRequest, system: str) -> HttpResponse:
    """The guide of one system, with `?device=` the values of that device; the newest one's unless said otherwise."""
    chosen = next((each for each in SYSTEMS if each.slug == system), None)
    if chosen is None:
        raise NotFound
    context: dict[str, Any] = {"system": chosen, "values": placeholders(), "device": None, "has_values": False}
    if request.user.is_authenticated:
        user = signed_in(request)
        context["devices"] = devices = live_devices(user.pk)
        if device := _chosen(user.pk, devices, request.GET.get("device", "")):
            context["device"] = device
            if found := guide_values(user.pk, device):
                context |= {"values": found, "has_values": True}
    return render(request, f"vpn/guides/{chosen.slug}.html", context)


def _chosen(user_id: UUID, devices: list[DeviceView], wanted: str) -> DeviceView | None:
    """Raises NotFound for a device that is none of theirs."""
    if not wanted:
        return devices[0] if devices else None
    try:
        pk = UUID(wanted)
    except ValueError:
        raise NotFound from None
    return find_device(user_id, pk)
