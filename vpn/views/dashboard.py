"""Am I connected, and how much is left?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.people import signed_in
from billing.entitlements import entitlement_for
from vpn.services.device_views import live_devices
from vpn.services.usage import usage_by_day, usage_since


@never_cache
@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    entitlement = entitlement_for(user)
    start = entitlement.period_start.date()
    days_so_far = max(1, (timezone.now().date() - start).days + 1)
    context = {
        "entitlement": entitlement,
        "devices": live_devices(user.pk),
        "usage": usage_since(user.pk, start),
        "usage_days": usage_by_day(user.pk, days_so_far),
        "period_days": (entitlement.resets_at.date() - start).days,
    }
    return render(request, "accounts/dashboard.html", context)
