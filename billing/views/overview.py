"""A person's billing page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from billing.forms import GiftForm
from billing.services.invoice_views import invoice_page
from billing.services.overview import billing_overview
from billing.views.stripe_pages import leads_to_stripe, refused
from nexusvpn.api.pagination import page_request
from nexusvpn.errors import DomainError, NotFound


@never_cache
@login_required
@require_safe
@leads_to_stripe
def billing(request: HttpRequest) -> HttpResponse:
    return render_billing(request)


def render_billing(request: HttpRequest, *, error: DomainError | None = None, **context: Any) -> HttpResponse:
    """The page, with what was just refused at its top."""
    user = signed_in(request)
    page = invoice_page(user.pk, page_request(request.GET))
    if page.total and not page.items:
        raise NotFound
    shown = {"billing": billing_overview(user), "page": page, "error": error, "gift_form": GiftForm(), **context}
    response = render(request, "billing/billing.html", shown)
    return refused(response, error) if error else response
