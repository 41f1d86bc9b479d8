"""Adding a device: by a script that made the key pair in the browser, or by a plain form, for which the server does."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.people import signed_in
from billing.entitlements import entitlement_for
from nexusvpn.errors import DomainError
from vpn.errors import DeviceLimitReached
from vpn.forms import DeviceForm
from vpn.services.activation import wait_until_active
from vpn.services.config_choices import ConfigChoices
from vpn.services.configuration import ConfigFile, apple_profile, configuration, profile_file_name
from vpn.services.device_views import DeviceView, find_device
from vpn.services.devices import add_device, check_can_add_device
from vpn.services.locations import list_locations
from vpn.wireguard.keys import generate_key_pair
from vpn.wireguard.mobileconfig import Platform, ProfileOptions


@dataclass(frozen=True, slots=True, repr=False)
class Created:
    """What the person gets once; `file` has the private key if the server made it."""

    device: DeviceView
    file: ConfigFile
    server_made: bool


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_new(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if request.method != "POST":
        return _form_page(request, user, DeviceForm(), 200)
    by_script = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    form = DeviceForm(request.POST)
    # A script has made its own pair; without a key something went wrong, and the server's would be one too many.
    form.fields["public_key"].required = by_script
    status, retry_after = 400, None
    if form.is_valid():
        try:
            created = _create(user, form)
        except DomainError as error:
            status, retry_after = form.add_domain_error(error), error.retry_after
        else:
            return _created_json(created) if by_script else _created_page(request, created)
    answer = _errors_json(form, status) if by_script else _form_page(request, user, form, status)
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def _create(user: User, form: DeviceForm) -> Created:
    values = form.cleaned_data
    pair = None if values["public_key"] else generate_key_pair()
    public_key = pair.public_key if pair else values["public_key"]
    made = add_device(user=user, name=values["name"], location_slug=values["location"], public_key=public_key)
    wait_until_active(made.pk)
    file = configuration(user=user, device_id=made.pk, private_key=pair.private_key if pair else None)
    return Created(find_device(user.pk, made.pk), file, server_made=pair is not None)


def _created_json(created: Created) -> HttpResponse:
    device = created.device
    answer = {
        "device_url": reverse("device", args=[device.id]),
        "profile_url": reverse("device-config-profile", args=[device.id]),
        "config": created.file.text,
        "name": device.name,
        "state": device.state,
    }
    return JsonResponse(answer, status=201)


def _created_page(request: HttpRequest, created: Created) -> HttpResponse:
    context = {
        "device": created.device,
        "config": created.file.text,
        "server_made": created.server_made,
        "file_name": created.file.file_name,
        "profiles": _profiles(created) if created.server_made else [],
    }
    return render(request, "vpn/device_created.html", context, status=201)


def _profiles(created: Created) -> list[dict[str, str]]:
    """For Apple's systems, with the private key: the server has it this once."""
    labels = {Platform.IOS: "Download for iPhone or iPad", Platform.MACOS: "Download for Mac"}
    return [
        {
            "label": label,
            "file_name": profile_file_name(created.file),
            "text": apple_profile(created.file, ConfigChoices(profile=ProfileOptions(platform))).decode(),
        }
        for platform, label in labels.items()
    ]


def _errors_json(form: DeviceForm, status: int) -> HttpResponse:
    errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
    return JsonResponse({"errors": errors}, status=status)


def _form_page(request: HttpRequest, user: User, form: DeviceForm, status: int) -> HttpResponse:
    entitlement = entitlement_for(user)
    try:
        check_can_add_device(user, entitlement)
        limit_reached = False
    except DeviceLimitReached:
        limit_reached = True
    choosable = form.offer(list_locations(), entitlement)
    context = {"form": form, "limit_reached": limit_reached, "choosable": choosable}
    return render(request, "vpn/device_new.html", context, status=status)
