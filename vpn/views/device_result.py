"""What a person gets once, after a device was added or its key was changed: the file, as a page or for a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from vpn.services.config_choices import ConfigChoices
from vpn.services.configuration import ConfigFile, apple_profile, profile_file_name
from vpn.services.device_views import DeviceView
from vpn.wireguard.mobileconfig import Platform, ProfileOptions


@dataclass(frozen=True, slots=True, repr=False)
class DeviceResult:
    """`file` has the private key if the server made it."""

    device: DeviceView
    file: ConfigFile
    server_made: bool = False
    rotated: bool = False


def by_script(request: HttpRequest) -> bool:
    """Whether a script asks, which has made its own key pair and takes JSON; otherwise it is the plain form."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def result_json(result: DeviceResult, status: int, **besides: str) -> HttpResponse:
    device = result.device
    answer = {
        "device_url": reverse("device", args=[device.id]),
        "profile_url": reverse("device-config-profile", args=[device.id]),
        "config": result.file.text,
        "name": device.name,
        "state": device.state,
        **besides,
    }
    return JsonResponse(answer, status=status)


def result_page(
    request: HttpRequest, result: DeviceResult, status: int, template: str = "vpn/device_result.html", **besides: Any
) -> HttpResponse:
    context = {
        "device": result.device,
        "config": result.file.text,
        "server_made": result.server_made,
        "rotated": result.rotated,
        "done": (_("%(name)s has a new key") if result.rotated else _("%(name)s is added"))
        % {"name": result.device.name},
        "file_name": result.file.file_name,
        "profiles": _profiles(result.file) if result.server_made else [],
        **besides,
    }
    return render(request, template, context, status=status)


def _profiles(file: ConfigFile) -> list[dict[str, str]]:
    """For Apple's systems, with the private key: the server has it this once."""
    labels = {Platform.IOS: _("Download for iPhone or iPad"), Platform.MACOS: _("Download for Mac")}
    return [
        {
            "label": label,
            "file_name": profile_file_name(file),
            "text": apple_profile(file, ConfigChoices(profile=ProfileOptions(platform))).decode(),
        }
        for platform, label in labels.items()
    ]


def errors_json(form: forms.Form, status: int) -> HttpResponse:
    errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
    return JsonResponse({"errors": errors}, status=status)
