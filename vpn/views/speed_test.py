"""The way to the speed test: through which of our servers did this request come?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from nexusvpn.http import client_address
from vpn.services.speed_test import exits_at


@never_cache
@login_required
@require_safe
def speed_test(request: HttpRequest) -> HttpResponse:
    """The address is looked at and forgotten."""
    return render(request, "vpn/speed_test.html", {"exits": exits_at(client_address(request))})
