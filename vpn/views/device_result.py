"""What a person gets once, after a device was added or its key was changed: the file, as a page or for a script."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from vpn.services.device_views import DeviceView
from vpn.views.config_file import config_file_name


@dataclass(frozen=True, slots=True, repr=False)
class DeviceResult:
    """`config` has the private key if the server made it."""

    device: DeviceView
    config: str
    server_made: bool = False
    rotated: bool = False


def by_script(request: HttpRequest) -> bool:
    """Whether a script asks, which has made its own key pair and takes JSON; otherwise it is the plain form."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def result_json(result: DeviceResult, status: int) -> HttpResponse:
    device = result.device
    url = reverse("device", args=[device.id])
    answer = {"device_url": url, "config": result.config, "name": device.name, "state": device.state}
    return JsonResponse(answer, status=status)


def result_page(request: HttpRequest, result: DeviceResult, status: int) -> HttpResponse:
    context = {
        "device": result.device,
        "config": result.config,
        "server_made": result.server_made,
        "rotated": result.rotated,
        "done": "has a new key" if result.rotated else "is added",
        "file_name": config_file_name(result.device.name),
    }
    return render(request, "vpn/device_result.html", context, status=status)


def errors_json(form: forms.Form, status: int) -> HttpResponse:
    errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
    return JsonResponse({"errors": errors}, status=status)
