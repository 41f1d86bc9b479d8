"""Taking the deletion of one's account back: its owner is signed out everywhere, so the page asks who they are."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import RestoreForm
from accounts.models import Session
from accounts.services.deletion import restore_by_owner
from nexusvpn.errors import DomainError
from nexusvpn.http import with_retry_after


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest) -> HttpResponse:
    form = RestoreForm(request.POST if request.method == "POST" else None)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            restore_by_owner(request, kind=Session.Kind.BROWSER, **form.cleaned_data)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            messages.success(request, _("Your account stays, and your devices work again. Sign in."))
            return redirect("login")
    return with_retry_after(render(request, "accounts/restore.html", {"form": form}, status=status), form.retry_after)
