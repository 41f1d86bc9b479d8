"""A person's profile."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import ProfileForm
from accounts.people import signed_in
from accounts.services.profile import rename_person
from accounts.services.verification import needs_verification
from nexusvpn.errors import DomainError


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = ProfileForm(request.POST if request.method == "POST" else None, initial={"full_name": user.full_name})
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            rename_person(user=user, full_name=form.cleaned_data["full_name"])
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            messages.success(request, "Your profile is saved.")
            return redirect("settings")
    context = {"form": form, "unverified": needs_verification(user)}
    return render(request, "accounts/settings/profile.html", context, status=status)
