"""While the site is at work: a calm page for customers and 503 for programs; staff, nodes and payments go on."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from nexusvpn.db import is_lost_database
from nexusvpn.errors import Unavailable
from nexusvpn.http import is_api
from nexusvpn.pages import error_page
from nexusvpn.site_state import Maintenance, maintenance

# What goes on for everybody: nodes and probes, deliveries, files, the staff's admin (which looks itself who comes), signing in and
# out, what says how we are, and what the law wants to be readable.
GOES_ON = (
    *("/api/v1/node/", "/node/", "/api/health", "/webhooks/", "/unsubscribe/", "/static/", "/brand/", "/metrics"),
    *("/admin/", "/status", "/legal/"),
)
# Whole addresses; what begins like them is another page.
SIGNING_IN = ("/login", "/logout", "/appearance")


class MaintenanceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Probes wait for no database, not even for this row.
        if _goes_on(request.path_info):
            return self.get_response(request)
        state = maintenance()
        if not state.on or _is_staff(request):
            return self.get_response(request)
        return _at_work(request, state)


def _goes_on(path: str) -> bool:
    return path.startswith(GOES_ON) or any(path == page or path.startswith(f"{page}/") for page in SIGNING_IN)


def _is_staff(request: HttpRequest) -> bool:
    """Asked of the session only while the mode is on; with the database away nobody is known."""
    try:
        return bool(getattr(request.user, "acts_as_staff", False))
    except Exception as error:
        if not is_lost_database(error):
            raise
        return False


def _at_work(request: HttpRequest, state: Maintenance) -> HttpResponse:
    if is_api(request):
        message = state.note or _("We are at work on the service. Try again later; your tunnels go on.")
        return error_page(request, Unavailable(message, code="maintenance", retry_after=state.retry_after))
    response = render(request, "errors/maintenance.html", {"maintenance": state}, status=503)
    response.headers["Retry-After"] = str(state.retry_after)
    response.headers["Cache-Control"] = "no-store"
    return response
