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
from vpn.views.device_page import render_device

CUSTOMER = VpnConfig.SuspendedBy.CUSTOMER


def _answer(request: HttpRequest, pk: UUID, act: Callable[[], VpnConfig], done: str) -> HttpResponse:
    """Do it and go back to the device's page, which says that it is done or why not."""
    try:
        device = act()
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done.format(name=device.name))
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
        "{name} is suspended until you resume it.",
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

    return _answer(request, pk, resume, "{name} is resumed.")


@never_cache
@login_required
@require_POST
def device_expiry(request: HttpRequest, pk: UUID) -> HttpResponse:
    form, status = ExpiryForm(request.POST), 400
    if form.is_valid():
        try:
            device = set_expiry(user=signed_in(request), device_id=pk, expires_at=form.cleaned_data["expires_at"])
        except NotFound:
            raise
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            ends = date_format(form.cleaned_data["expires_at"], "j M Y, H:i e")
            messages.success(request, f"{device.name} works until {ends}.")
            return redirect("device", pk)
    return render_device(request, pk, expiry_form=form, status=status)


@never_cache
@login_required
@require_POST
def device_expiry_remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    return _answer(
        request, pk, lambda: set_expiry(user=user, device_id=pk, expires_at=None), "{name} has no end date any more."
    )
