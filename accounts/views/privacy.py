"""What a person may have of us: their data, what happened to their account, and its end."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.activity import activity_page
from accounts.cookies import cookies
from accounts.forms_credentials import LeaveForm
from accounts.models import Session
from accounts.people import signed_in
from accounts.privacy import stored_kinds
from accounts.services.deletion import leave
from accounts.services.exports import latest_export, read_export, request_export
from accounts.services.reauthentication import check_person
from accounts.services.second_factor import methods_of
from accounts.views.proof import ways_to_prove
from nexusvpn.api.pagination import page_request
from nexusvpn.errors import DomainError, RateLimited
from nexusvpn.forms_only import forms_only
from nexusvpn.http import attachment, with_retry_after


@never_cache
@login_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    context: dict[str, Any] = {
        "export": latest_export(user),
        "page": activity_page(user, page_request(request.GET)),
        "export_days": settings.EXPORT_KEPT_DAYS,
        "audit_days": settings.AUDIT_KEPT_DAYS,
        "grace_days": settings.DELETION_GRACE_DAYS,
    }
    return render(request, "accounts/settings/privacy.html", context)


@never_cache
@login_required
@forms_only
def export_request(request: HttpRequest) -> HttpResponse:
    try:
        request_export(user=signed_in(request))
    except RateLimited as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Your data is being put together. We write to you when it is ready."))
    return redirect("settings-privacy")


@never_cache
@login_required
@require_safe
def export_file(request: HttpRequest) -> HttpResponse:
    content = read_export(user=signed_in(request))
    return attachment(
        content, "application/json", f"{slugify(settings.BRAND_NAME)}-data-{timezone.now():%Y-%m-%d}.json"
    )


@sensitive_post_parameters("password")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_delete(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    methods = methods_of(user)
    form = LeaveForm(request.POST if request.method == "POST" else None, methods=methods)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            check_person(request, user=user, kind=Session.Kind.BROWSER, **{"code": "", **form.cleaned_data})
            leave(user=user)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            auth.logout(request)
            messages.success(
                request,
                _("Your account is shut. Until it is erased you can take it back here; we have mailed you the date."),
            )
            return redirect("account-restore")
    context = {"form": form, "grace_days": settings.DELETION_GRACE_DAYS, **ways_to_prove(request, methods)}
    return with_retry_after(
        render(request, "accounts/settings/account_delete.html", context, status=status), form.retry_after
    )


@require_safe
def what_we_store(request: HttpRequest) -> HttpResponse:
    """For everybody: every model, in words, with the periods of this very service."""
    kinds = stored_kinds()
    context = {
        "people": [kind for kind in kinds if kind.about_people],
        "service": [kind for kind in kinds if not kind.about_people],
        "cookies": cookies(),
        "grace_days": settings.DELETION_GRACE_DAYS,
    }
    return render(request, "accounts/what_we_store.html", context)
