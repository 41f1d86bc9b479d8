"""The page of one device, as it is shown by itself and again with a form that was refused."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.people import signed_in
from billing.entitlements import entitlement_for
from nexusvpn.errors import DomainError, NotFound
from nexusvpn.forms import ServiceForm
from vpn.forms import ExpiryForm, RenameForm
from vpn.services.device_views import find_device, leaving_places
from vpn.services.usage import usage_since


def render_device(
    request: HttpRequest,
    pk: UUID,
    *,
    rename_form: RenameForm | None = None,
    expiry_form: ExpiryForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """A removed device has a page too, the proof of its removal, but takes no form any more. Raises NotFound."""
    user = signed_in(request)
    shown = find_device(user.pk, pk, removed=True)
    entitlement = entitlement_for(user)
    context = {"device": shown, "resets_at": entitlement.resets_at}
    if shown.revoked_at is not None:
        if rename_form or expiry_form:
            raise NotFound
        return render(request, "vpn/device_removed.html", context)
    context |= {
        "leaving": leaving_places([shown]),
        "usage": usage_since(user.pk, entitlement.period_start.date(), shown.id),
        "rename_form": rename_form or RenameForm(initial={"name": shown.name}),
        "expiry_form": expiry_form or ExpiryForm(initial={"expires_at": shown.expires_at}),
    }
    return render(request, "vpn/device.html", context, status=status)


def save_form(
    request: HttpRequest, pk: UUID, form: ServiceForm, save: Callable[[], None], again: Callable[[int], HttpResponse]
) -> HttpResponse:
    """Save what a form of the page holds and go back to it; `save` tells that it is done.

    What is refused is shown in the form, by `again`, which takes the answer's status.
    """
    status = 400
    if form.is_valid():
        try:
            save()
        except NotFound:
            raise
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            return redirect("device", pk)
    return again(status)
