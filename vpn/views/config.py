"""A device's configuration: the page of choices, and the files that come of them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.people import signed_in
from billing.entitlements import entitlement_for
from nexusvpn.errors import DomainError, NotFound
from nexusvpn.http import attachment
from nexusvpn.ratelimit import CONFIG_BUNDLE, enforce
from vpn.config_form import ConfigForm
from vpn.services.config_bundle import MEDIA_TYPE as ZIP
from vpn.services.config_bundle import configuration_bundle
from vpn.services.configuration import ConfigFile, apple_profile, configuration, offered_ports, profile_file_name
from vpn.services.device_views import DeviceView, find_device
from vpn.services.locations import locations_with_servers
from vpn.wireguard.mobileconfig import MEDIA_TYPE as PROFILE

# As text/plain some phones would save it as ".conf.txt", which the WireGuard app does not open.
FILE_TYPE = "application/octet-stream"


@dataclass(slots=True)
class Asked:
    """Whose configuration is wanted and what they chose."""

    user: User
    device: DeviceView
    form: ConfigForm
    status: int = 200

    def refuse(self, error: DomainError) -> None:
        self.status = self.form.add_domain_error(error)

    def file(self) -> ConfigFile | None:
        """None when the choices or the place refuse it, which the form then says."""
        if not self.form.is_valid():
            self.status = 400
            return None
        try:
            return configuration(user=self.user, device_id=self.device.id, choices=self.form.choices)
        except NotFound:
            raise
        except DomainError as error:
            self.refuse(error)
            return None


def _asked(request: HttpRequest, pk: UUID) -> Asked:
    """An address without choices is one with the default ones."""
    user = signed_in(request)
    device = find_device(user.pk, pk)
    return Asked(user, device, ConfigForm({"location": device.location_slug, **request.GET.dict()}))


def _page(request: HttpRequest, asked: Asked, file: ConfigFile | None) -> HttpResponse:
    asked.form.offer_locations(locations_with_servers(), entitlement_for(asked.user))
    asked.form.offer_ports(offered_ports(file.place.server) if file else [])
    context = {"device": asked.device, "form": asked.form, "file": file}
    return render(request, "vpn/config.html", context, status=asked.status)


@never_cache
@login_required
@require_safe
def device_config(request: HttpRequest, pk: UUID) -> HttpResponse:
    asked = _asked(request, pk)
    return _page(request, asked, asked.file())


@never_cache
@login_required
@require_safe
def device_config_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The wg-quick file, with a placeholder for the private key that we do not have."""
    asked = _asked(request, pk)
    file = asked.file()
    return attachment(file.text, FILE_TYPE, file.file_name) if file else _page(request, asked, None)


@never_cache
@login_required
@require_safe
def device_config_profile(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The profile for the WireGuard app on Apple's systems, with a mark where the private key goes."""
    asked = _asked(request, pk)
    file = asked.file()
    if file is None:
        return _page(request, asked, None)
    try:
        content = apple_profile(file, asked.form.choices)
    except DomainError as error:
        asked.refuse(error)
        return _page(request, asked, file)
    return attachment(content, PROFILE, profile_file_name(file))


@never_cache
@login_required
@require_safe
def device_config_bundle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All locations in one archive; the chosen one does not matter."""
    asked = _asked(request, pk)
    if not asked.form.is_valid():
        asked.status = 400
        return _page(request, asked, None)
    enforce(request, CONFIG_BUNDLE, f"user:{asked.user.pk}")
    try:
        bundle = configuration_bundle(user=asked.user, device_id=pk, choices=asked.form.choices)
    except NotFound:
        raise
    except DomainError as error:
        asked.refuse(error)
        return _page(request, asked, None)
    return attachment(bundle.content, ZIP, bundle.file_name)
