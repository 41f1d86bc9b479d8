"""A person's devices: the list, one of them, its name, its end."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people import signed_in
from billing.entitlements import entitlement_for
from nexusvpn.api.pagination import page_request
from nexusvpn.errors import NotFound
from nexusvpn.forms_only import forms_only
from nexusvpn.undo import say_with_undo
from vpn.forms import RenameForm
from vpn.services.device_views import device_page, find_device, leaving_places, recently_removed
from vpn.services.devices import remove_device, rename_device
from vpn.views.device_page import render_device, save_form

# What the next seconds change: while a device is in one of these, its page asks more often.
WAITING_STATES = frozenset({"activating", "suspending", "removing"})


@never_cache
@login_required
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    page = device_page(user.pk, page_request(request.GET))
    if page.total and not page.items:
        raise NotFound
    removed = recently_removed(user.pk)
    context = {
        "devices": page.items,
        "removed": removed,
        "leaving": leaving_places(page.items),
        "page": page,
        "entitlement": entitlement_for(user),
        "is_waiting": any(device.state in WAITING_STATES for device in [*page.items, *removed]),
    }
    return render(request, "vpn/devices.html", context)


@never_cache
@login_required
@require_safe
def device(request: HttpRequest, pk: UUID) -> HttpResponse:
    return render_device(request, pk)


@never_cache
@login_required
@require_safe
def device_state(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The fragments that the device's page keeps true."""
    user = signed_in(request)
    shown = find_device(user.pk, pk, removed=True)
    context = {"device": shown, "resets_at": entitlement_for(user).resets_at}
    return render(request, "vpn/_device_live.html", context)


@never_cache
@login_required
@forms_only
def device_rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    form, former = RenameForm(request.POST), find_device(signed_in(request).pk, pk).name

    def rename() -> None:
        renamed = rename_device(user=signed_in(request), device_id=pk, name=form.cleaned_data["name"])
        done = _("The device is now called %(name)s.") % {"name": renamed.name}
        say_with_undo(request, done, action=request.path, name=former)

    return save_form(
        request, pk, form, rename, lambda status: render_device(request, pk, rename_form=form, status=status)
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    shown = find_device(user.pk, pk)
    if request.method != "POST":
        return render(request, "vpn/device_revoke.html", {"device": shown})
    remove_device(user=user, device_id=pk)
    messages.success(
        request,
        _("%(name)s is being removed. Below you see when every server has confirmed it.") % {"name": shown.name},
    )
    return redirect("devices")
