"""What we tell everybody: the page, putting a banner away, and wanting no more mails of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people import signed_in
from accounts.wanted import wanted_page
from nexusvpn.api.pagination import page_request
from nexusvpn.forms_only import forms_only
from support.services.announcement_mails import reader_of, unsubscribe
from support.services.announcements import announcements_page, put_away


@never_cache
@login_required
@require_safe
def announcements(request: HttpRequest) -> HttpResponse:
    page = announcements_page(signed_in(request), page_request(request.GET))
    return render(request, "support/announcements.html", {"page": page})


@never_cache
@login_required
@forms_only
def announcement_put_away(request: HttpRequest, pk: UUID) -> HttpResponse:
    """And back to the page that it was above."""
    put_away(announcement_id=pk, user=signed_in(request))
    return redirect(wanted_page(request) or reverse("announcements"))


# Mail programs post without a cookie or a form of ours; the link's token says whose choice it is.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def no_news(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, since scanners of mails follow links; POST does it, by the page's button or the mail program's own (RFC 8058)."""
    reader = reader_of(token)
    if reader is None:
        return render(request, "support/unsubscribe.html", {"state": "unknown"}, status=404)
    if request.method == "POST":
        unsubscribe(reader)
    state = "done" if request.method == "POST" else "asked"
    return render(request, "support/unsubscribe.html", {"state": state})
