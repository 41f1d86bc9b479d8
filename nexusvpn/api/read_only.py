"""Endpoints under /api/ that DRF does not serve: they only read, and say so in the envelope."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from nexusvpn.api.envelope import METHOD_NOT_ALLOWED, error_response
from nexusvpn.ratelimit import enforce_everything

View = Callable[[HttpRequest], HttpResponse]
READS = ("GET", "HEAD")


def read_only(view: View) -> View:
    """405 with `Allow` for every other method, which changes nothing and so needs no CSRF token. No cache keeps an answer."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method in READS:
            response = view(request)
        else:
            response = error_response(request, 405, *METHOD_NOT_ALLOWED)
            response.headers["Allow"] = ", ".join(READS)
        response.headers["Cache-Control"] = "no-store"
        return response

    return guarded


def counted(view: View) -> View:
    """Count the request against the limit on everything, whatever its method."""

    @wraps(view)
    def limited(request: HttpRequest) -> HttpResponse:
        enforce_everything(request, None)
        return view(request)

    return limited
