"""Adding a device: by a script that made the key pair in the browser, or by a plain form, for which the server does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.people import signed_in
from billing.entitlements import entitlement_for
from billing.services.offers import roomier_plan
from nexusvpn.errors import DomainError
from nexusvpn.http import with_retry_after
from vpn.errors import DeviceLimitReached
from vpn.forms import DeviceForm
from vpn.services.activation import wait_until_active
from vpn.services.configuration import configuration
from vpn.services.device_views import find_device
from vpn.services.devices import add_device, check_can_add_device
from vpn.services.locations import locations_with_servers
from vpn.views.device_result import DeviceResult, by_script, errors_json, result_json, result_page
from vpn.wireguard.keys import generate_key_pair

Again = Callable[[DeviceForm, int], HttpResponse]
Made = Callable[[DeviceResult], HttpResponse]


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_new(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if request.method != "POST":
        asked = request.GET.get("location", "")[:40]
        return _form_page(request, user, DeviceForm(initial={"location": asked}), 200)

    def made(result: DeviceResult) -> HttpResponse:
        return result_json(result, 201) if by_script(request) else result_page(request, result, 201)

    return add_by_form(request, user, made, lambda form, status: _form_page(request, user, form, status))


def add_by_form(request: HttpRequest, user: User, made: Made, again: Again) -> HttpResponse:
    """Add the device that a posted DeviceForm describes: `made` answers with it, `again` shows the form that was refused.

    A script is told of refusals as JSON.
    """
    scripted = by_script(request)
    form = DeviceForm(request.POST)
    # A script has made its own pair; without a key something went wrong, and the server's would be one too many.
    form.fields["public_key"].required = scripted
    status = 400
    if form.is_valid():
        try:
            created = _create(user, form)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            return made(created)
    answer = errors_json(form, status) if scripted else again(form, status)
    return with_retry_after(answer, form.retry_after)


def _create(user: User, form: DeviceForm) -> DeviceResult:
    values = form.cleaned_data
    pair = None if values["public_key"] else generate_key_pair()
    public_key = pair.public_key if pair else values["public_key"]
    made = add_device(user=user, name=values["name"], location_slug=values["location"], public_key=public_key)
    wait_until_active(made.pk)
    file = configuration(user=user, device_id=made.pk, private_key=pair.private_key if pair else None)
    return DeviceResult(find_device(user.pk, made.pk), file, server_made=pair is not None)


def _form_page(request: HttpRequest, user: User, form: DeviceForm, status: int) -> HttpResponse:
    return render(request, "vpn/device_new.html", form_context(user, form), status=status)


def form_context(user: User, form: DeviceForm) -> dict[str, Any]:
    """The form with the locations to choose from, and what stands in the way of any choice."""
    entitlement = entitlement_for(user)
    choosable = form.offer(locations_with_servers(), entitlement)
    context: dict[str, Any] = {"form": form, "choosable": choosable, "entitlement": entitlement}
    try:
        check_can_add_device(user, entitlement)
    except DeviceLimitReached:
        context |= {"limit_reached": True, "roomier": roomier_plan(user, entitlement)}
    return context
