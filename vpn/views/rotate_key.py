"""A new key for a device: made by the script in the browser, or by the person, who then pastes its public half."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.people import signed_in
from nexusvpn.errors import DomainError, NotFound
from vpn.forms import KeyForm
from vpn.services.activation import wait_until_active
from vpn.services.configuration import configuration
from vpn.services.device_life import rotate_key
from vpn.services.device_views import find_device
from vpn.views.device_result import DeviceResult, by_script, errors_json, result_json, result_page


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def device_rotate_key(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    if request.method != "POST":
        return _form_page(request, user, pk, KeyForm(), 200)
    form, status, scripted = KeyForm(request.POST), 400, by_script(request)
    if form.is_valid():
        try:
            changed = _rotate(user, pk, form.cleaned_data["public_key"])
        except NotFound:
            raise
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            return result_json(changed, 200) if scripted else result_page(request, changed, 200)
    return errors_json(form, status) if scripted else _form_page(request, user, pk, form, status)


def _rotate(user: User, pk: UUID, public_key: str) -> DeviceResult:
    # First the file, which does not depend on the key: whoever cannot get one keeps the key that works.
    file = configuration(user=user, device_id=pk)
    rotate_key(user=user, device_id=pk, public_key=public_key)
    wait_until_active(pk)
    return DeviceResult(find_device(user.pk, pk), file, rotated=True)


def _form_page(request: HttpRequest, user: User, pk: UUID, form: KeyForm, status: int) -> HttpResponse:
    context = {"device": find_device(user.pk, pk), "form": form}
    return render(request, "vpn/device_rotate_key.html", context, status=status)
