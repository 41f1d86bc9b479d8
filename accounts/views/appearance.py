"""The language and the colours of the site, as one browser wants them; a person's language is also that of their mails."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.people import signed_in
from accounts.services.profile import choose_language
from accounts.wanted import wanted_page
from nexusvpn.appearance import THEMES, Theme, remember_choice
from nexusvpn.forms_only import forms_only
from nexusvpn.languages import known_language


@forms_only
def appearance(request: HttpRequest) -> HttpResponse:
    """Back to where the switch was. What is not known is left as it is."""
    response = HttpResponseRedirect(wanted_page(request) or "/")
    language, theme = known_language(request.POST.get("language", "")), request.POST.get("theme", "")
    if language:
        remember_choice(response, settings.LANGUAGE_COOKIE_NAME, language)
        # Staff who act as a customer choose for their own eyes.
        if request.user.is_authenticated and not hasattr(request, "acting_staff"):
            choose_language(user=signed_in(request), language=language)
    if theme == Theme.SYSTEM:
        response.delete_cookie(settings.THEME_COOKIE_NAME, path="/")
    elif theme in THEMES:
        remember_choice(response, settings.THEME_COOKIE_NAME, theme)
    return response
