"""A person's profile."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import ProfileForm
from accounts.people import signed_in
from accounts.services.profile import change_profile
from accounts.services.verification import needs_verification
from nexusvpn.appearance import remember_choice
from nexusvpn.errors import DomainError
from nexusvpn.languages import speaking


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    known = {"full_name": user.full_name, "language": user.language or get_language()}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=known)
    status = 400 if form.is_bound else 200
    if form.is_valid():
        try:
            change_profile(user=user, **form.cleaned_data)
        except DomainError as error:
            status = form.add_domain_error(error)
        else:
            return _saved(request, form)
    context = {"form": form, "unverified": needs_verification(user)}
    return render(request, "accounts/settings/profile.html", context, status=status)


def _saved(request: HttpRequest, form: ProfileForm) -> HttpResponse:
    """The next page is in the language that was chosen just now, and so is what it says first; else this browser keeps its own."""
    chosen = form.cleaned_data["language"] if "language" in form.changed_data else ""
    with speaking(chosen or get_language()):
        messages.success(request, _("Your profile is saved."))
    response = redirect("settings")
    if chosen:
        remember_choice(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response
