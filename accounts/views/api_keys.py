"""A person's API keys: the list, the form that makes one, and the page that shows it once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms_keys import ApiKeyForm
from accounts.models import ApiKey
from accounts.people import signed_in
from accounts.services.api_keys import create_api_key, revoke_api_key
from accounts.services.browser_sign_in import is_confirmed
from accounts.views.confirmation import confirmed
from nexusvpn.errors import DomainError, NotFound


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def api_keys(request: HttpRequest) -> HttpResponse:
    """Anybody signed in sees the list; a key outlives the session, so that whoever makes one is asked who they are."""
    return _make(request) if request.method == "POST" else _page(request, ApiKeyForm())


@confirmed
def _make(request: HttpRequest) -> HttpResponse:
    user, form = signed_in(request), ApiKeyForm(request.POST)
    status, made = 400, ""
    if form.is_valid():
        days = form.cleaned_data["days"]
        expires_at = timezone.now() + timedelta(days=days) if days else None
        values = {"name": form.cleaned_data["name"], "scopes": form.cleaned_data["scopes"]}
        try:
            made, _ = create_api_key(user=user, expires_at=expires_at, **values)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            form, status = ApiKeyForm(), 201
    return _page(request, form, status, made=made)


def _page(request: HttpRequest, form: ApiKeyForm, status: int = 200, *, made: str = "") -> HttpResponse:
    keys = ApiKey.objects.filter(user=signed_in(request))
    context = {"form": form, "keys": keys, "made": made, "now": timezone.now(), "may_make": is_confirmed(request)}
    return render(request, "accounts/settings/api_keys.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def api_key_revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks first. Where the key is gone already, as at a second click, the form leads where it led at the first."""
    user = signed_in(request)
    if request.method != "POST":
        key = ApiKey.objects.filter(user=user, pk=pk).first()
        if key is None:
            raise NotFound
        return render(request, "accounts/settings/api_key_revoke.html", {"key": key})
    with suppress(NotFound):
        revoke_api_key(user=user, key_id=pk)
        messages.success(request, _("The key is revoked. Nothing gets in with it any more."))
    return redirect("settings-api-keys")
