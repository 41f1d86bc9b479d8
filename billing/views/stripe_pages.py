"""Leaving for Stripe's own pages, and what is said when that does not work."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from nexusvpn.api.status import http_status
from nexusvpn.errors import DomainError
from nexusvpn.http import with_retry_after

# Where checkout sessions and portal sessions have their pages. A domain of one's own for them at Stripe would belong here too.
STRIPE_PAGES = ("https://checkout.stripe.com", "https://billing.stripe.com")
View = Callable[..., HttpResponse]


def leads_to_stripe(view: View) -> View:
    """For every view whose page has a form that ends at Stripe.

    The form is sent to us and answered with a redirect. Chromium and Safari hold `form-action` against each step of that, so 'self'
    alone would stop the person here. Only these pages name Stripe's hosts, and only for forms; a page in between that goes on by
    itself would need a script or a second click.
    """

    @wraps(view)
    def allowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response._csp_update = {"form-action": list(_hosts())}  # type: ignore[attr-defined]
        return response

    return allowed


def _hosts() -> tuple[str, ...]:
    if not settings.STRIPE_API_BASE:
        return STRIPE_PAGES
    # The sandbox has its pages beside its API.
    base = urlsplit(settings.STRIPE_API_BASE)
    return (f"{base.scheme}://{base.netloc}",)


def to_stripe(url: str) -> HttpResponse:
    """303: what was a POST to us is a GET there."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def refused(response: HttpResponse, error: DomainError) -> HttpResponse:
    """A page that says what was refused, with the status of such a refusal."""
    response.status_code = http_status(error)
    return with_retry_after(response, error.retry_after)
