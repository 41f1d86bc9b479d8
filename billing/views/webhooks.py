"""Where Stripe says that something happened."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.gateway.client import sells
from billing.gateway.errors import EventRefused
from billing.services.events import accept_event
from nexusvpn.api.envelope import data_response, error_response


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Its id is kept and a job asked for, nothing else: Stripe takes a slow answer for none."""
    if not sells():
        raise Http404
    try:
        accept_event(request.body, request.headers.get("Stripe-Signature", ""))
    except EventRefused as refused:
        return error_response(request, 400, refused.code, refused.message)
    return data_response(request, 200, None)
