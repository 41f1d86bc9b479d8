"""Am I connected, and how much is left?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from accounts.services.verification import needs_verification
from vpn.services.overview import overview_of


@never_cache
@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    context = {"overview": overview_of(user), "unverified": needs_verification(user)}
    return render(request, "accounts/dashboard.html", context)
