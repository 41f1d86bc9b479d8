"""What a person has been told, and which of it also comes by mail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Notification
from accounts.people import signed_in
from accounts.services.notifications import Kind, choose_mail, mail_choices, mark_all_read, mark_read
from nexusvpn.api.pagination import fetch_page, page_request
from nexusvpn.forms_only import forms_only

LISTED = ("id", "kind", "title", "text", "link", "created_at", "read_at")


def _row(*values: Any) -> dict[str, Any]:
    return dict(zip(LISTED, values, strict=True))


@never_cache
@login_required
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    mine = Notification.objects.filter(user=signed_in(request))
    page = fetch_page(mine, page_request(request.GET), LISTED, _row)
    return render(request, "accounts/notifications.html", {"page": page})


@never_cache
@login_required
@forms_only
def notification_open(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark it read, and go where it leads."""
    user = signed_in(request)
    mark_read(user=user, notification_id=pk)
    link = Notification.objects.filter(user=user, pk=pk).values_list("link", flat=True).first()
    return redirect(link or "notifications")


@never_cache
@login_required
@forms_only
def notifications_read_all(request: HttpRequest) -> HttpResponse:
    mark_all_read(user=signed_in(request))
    return redirect("notifications")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mail_preferences(request: HttpRequest) -> HttpResponse:
    """One checkbox a kind; what is unchecked is not in the form, as browsers do it."""
    user = signed_in(request)
    if request.method == "POST":
        for kind in Kind:
            if kind != Kind.SECURITY:
                choose_mail(user=user, kind=kind, wanted=kind.value in request.POST)
        messages.success(request, _("Your choices are saved."))
        return redirect("settings-notifications")
    choices = [(kind, wanted, kind == Kind.SECURITY) for kind, wanted in mail_choices(user).items()]
    return render(request, "accounts/settings/notifications.html", {"choices": choices})
