"""What a person does with a device that they keep: suspend and resume it, and give it an end date."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.people import signed_in
from nexusvpn.errors import DomainError, NotFound
from nexusvpn.forms_only import forms_only
from nexusvpn.undo import say_with_undo
from vpn.forms import ExpiryForm
from vpn.models import VpnConfig
from vpn.services.activation import wait_until_active
from vpn.services.device_life import resume_device, set_expiry, suspend_device
from vpn.services.device_views import find_device
from vpn.views.device_page import render_device, save_form

CUSTOMER = VpnConfig.SuspendedBy.CUSTOMER


def _answer(request: HttpRequest, pk: UUID, act: Callable[[], None]) -> HttpResponse:
    """Do it and go back to the device's page, which says that it is done (`act` tells it) or why not."""
    try:
        act()
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("device", pk)


@never_cache
@login_required
@forms_only
def device_suspend(request: HttpRequest, pk: UUID) -> HttpResponse:
    def suspend() -> None:
        device = suspend_device(user=signed_in(request), device_id=pk, by=CUSTOMER)
        done = _("%(name)s is suspended until you resume it.") % {"name": device.name}
        say_with_undo(request, done, action=reverse("device-resume", args=[pk]))

    return _answer(request, pk, suspend)


@never_cache
@login_required
@forms_only
def device_resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    def resume() -> None:
        device = resume_device(user=signed_in(request), device_id=pk, by=CUSTOMER)
        wait_until_active(pk)
        if device.suspended_by:
            messages.success(request, _("%(name)s is off until support resumes it too.") % {"name": device.name})
            return
        done = _("%(name)s is resumed.") % {"name": device.name}
        say_with_undo(request, done, action=reverse("device-suspend", args=[pk]))

    return _answer(request, pk, resume)


@never_cache
@login_required
@forms_only
def device_expiry(request: HttpRequest, pk: UUID) -> HttpResponse:
    form = ExpiryForm(request.POST)

    def save() -> None:
        ends = form.cleaned_data["expires_at"]
        device = set_expiry(user=signed_in(request), device_id=pk, expires_at=ends)
        values = {"name": device.name, "time": date_format(ends, "DATETIME_FORMAT")}
        messages.success(request, _("%(name)s works until %(time)s.") % values)

    return save_form(
        request, pk, form, save, lambda status: render_device(request, pk, expiry_form=form, status=status)
    )


@never_cache
@login_required
@forms_only
def device_expiry_remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    former = find_device(user.pk, pk).expires_at

    def remove() -> None:
        device = set_expiry(user=user, device_id=pk, expires_at=None)
        done = _("%(name)s has no end date any more.") % {"name": device.name}
        # A date that has passed meanwhile could not be set again.
        if former is None or former <= timezone.now():
            messages.success(request, done)
        else:
            say_with_undo(request, done, action=reverse("device-expiry", args=[pk]), expires_at=former.isoformat())

    return _answer(request, pk, remove)
