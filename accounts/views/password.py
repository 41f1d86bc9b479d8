"""Changing one's password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms_credentials import PasswordChangeForm
from accounts.models import Session
from accounts.people import signed_in
from accounts.services.passwords import change_password
from accounts.services.reauthentication import check_person
from accounts.services.second_factor import methods_of
from accounts.views.proof import ways_to_prove
from nexusvpn.errors import DomainError
from nexusvpn.http import with_retry_after


@sensitive_post_parameters("current_password", "new_password", "code")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    methods = methods_of(user)
    form = PasswordChangeForm(request.POST if request.method == "POST" else None, methods=methods)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        values = {"code": "", **form.cleaned_data}
        proof = {"password": values["current_password"], "code": values["code"]}
        try:
            check_person(request, user=user, kind=Session.Kind.BROWSER, field="current_password", **proof)
            change_password(
                user=user, new_password=values["new_password"], keep=getattr(request.session, "row_id", None)
            )
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            # The session that stays was signed in with the former password: it learns of the new one.
            update_session_auth_hash(request, user)
            messages.success(request, _("Your password is changed. Everything else that was signed in is signed out."))
            return redirect("password-change")
    context = {"form": form, **ways_to_prove(request, methods)}
    return with_retry_after(
        render(request, "accounts/settings/password.html", context, status=status), form.retry_after
    )
