"""What a person does with a device that they keep: suspend and resume it, and give it an end date."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.people import signed_in
from nexusvpn.errors import DomainError, NotFound
from vpn.forms import ExpiryForm
from vpn.models import VpnConfig
from vpn.services.activation import wait_until_active
from vpn.services.device_life import resume_device, set_expiry, suspend_device
from vpn.views.device_page import render_device, save_form

CUSTOMER = VpnConfig.SuspendedBy.CUSTOMER


def _answer(
    request: HttpRequest, pk: UUID, act: Callable[[], VpnConfig], done: Callable[[VpnConfig], str]
) -> HttpResponse:
    """Do it and go back to the device's page, which says that it is done or why not."""
    try:
        device = act()
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done(device))
    return redirect("device", pk)


@never_cache
@login_required
@require_POST
def device_suspend(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    return _answer(
        request,
        pk,
        lambda: suspend_device(user=user, device_id=pk, by=CUSTOMER),
        lambda device: f"{device.name} is suspended until you resume it.",
    )


@never_cache
@login_required
@require_POST
def device_resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)

    def resume() -> VpnConfig:
        device = resume_device(user=user, device_id=pk, by=CUSTOMER)
        wait_until_active(pk)
        return device

    def done(device: VpnConfig) -> str:
        return (
            f"{device.name} is off until support resumes it too."
            if device.suspended_by
            else f"{device.name} is resumed."
        )

    return _answer(request, pk, resume, done)


@never_cache
@login_required
@require_POST
def device_expiry(request: HttpRequest, pk: UUID) -> HttpResponse:
    form = ExpiryForm(request.POST)

    def save() -> str:
        device = set_expiry(user=signed_in(request), device_id=pk, expires_at=form.cleaned_data["expires_at"])
        return f"{device.name} works until {date_format(form.cleaned_data['expires_at'], 'j M Y, H:i e')}."

    return save_form(
        request, pk, form, save, lambda status: render_device(request, pk, expiry_form=form, status=status)
    )


@never_cache
@login_required
@require_POST
def device_expiry_remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    return _answer(
        request,
        pk,
        lambda: set_expiry(user=user, device_id=pk, expires_at=None),
        lambda device: f"{device.name} has no end date any more.",
    )
