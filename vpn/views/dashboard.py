"""Am I connected, and how much is left?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.belongings import credit_of
from accounts.people import signed_in
from accounts.services.notifications import newest_unread
from accounts.services.verification import needs_verification
from billing.services.overview import open_invoice_of, plan_state
from vpn.services.overview import RANGES, overview_of


@never_cache
@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """`?days=` is one of RANGES; anything else shows the present period."""
    user = signed_in(request)
    plan = plan_state(user)
    context = {
        "overview": overview_of(user, _range(request)),
        "ranges": RANGES,
        "plan": plan,
        "open_invoice": open_invoice_of(plan),
        "unverified": needs_verification(user),
        "notes": newest_unread(user),
        "credit": credit_of(user),
    }
    return render(request, "accounts/dashboard.html", context)


def _range(request: HttpRequest) -> int | None:
    wanted = request.GET.get("days", "")
    return next((days for days in RANGES if str(days) == wanted), None)
