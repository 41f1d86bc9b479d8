"""Choosing which devices stay where a plan has room for fewer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.people import signed_in
from billing.entitlements import entitlement_for
from billing.models import Plan
from nexusvpn.errors import InvalidInput
from vpn.forms import KeptDevicesForm
from vpn.services.kept_devices import Choice, choices_of, keep_devices


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def devices_keep(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if request.method != "POST":
        return _render(request, user)
    form = KeptDevicesForm(request.POST)
    if not form.is_valid():
        return _refused(request, user, [_("Choose among the devices that you have now.")])
    try:
        keep_devices(user=user, device_ids=form.cleaned_data["devices"])
    except InvalidInput as error:
        return _refused(request, user, error.fields["devices"])
    messages.success(
        request, _("Saved. Where your plan has room for fewer devices, these stay first, then the oldest.")
    )
    return redirect("devices")


def _refused(request: HttpRequest, user: User, errors: Sequence[str]) -> HttpResponse:
    return _render(request, user, errors, ticked=request.POST.getlist("devices"), status=400)


def _render(
    request: HttpRequest,
    user: User,
    errors: Sequence[str] = (),
    *,
    ticked: Collection[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """For the plan that the person has, or for one that they look at before they choose it; with the boxes `ticked`, or as was chosen."""
    later = Plan.objects.filter(code=request.GET.get("plan", "")[:32]).first()
    entitlement = entitlement_for(user)
    room = later.device_limit if later else entitlement.device_limit
    choices = choices_of(user, room)
    context = {
        "plan_name": later.name if later else entitlement.plan_name,
        "room": room,
        "later": later,
        "choices": choices if ticked is None else [_ticked_or_not(choice, ticked) for choice in choices],
        "errors": errors,
    }
    return render(request, "vpn/devices_keep.html", context, status=status)


def _ticked_or_not(choice: Choice, ticked: Collection[str]) -> Choice:
    return replace(choice, is_chosen=str(choice.device.pk) in ticked)
