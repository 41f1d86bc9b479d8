"""How the service is, for everybody: the page, and the parts of it that it exchanges while it is open."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vpn.services.status import current_status


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    return render(request, "status/status.html", _context())


@never_cache
@require_safe
def status_now(request: HttpRequest) -> HttpResponse:
    """The parts that change from moment to moment."""
    return render(request, "status/_now.html", _context())


def _context() -> dict[str, Any]:
    found = current_status()
    count, total = len(found.in_trouble), len(found.locations)
    trouble = ngettext(
        "%(count)s of %(total)s locations has trouble", "%(count)s of %(total)s locations have trouble", count
    ) % {"count": count, "total": total}
    return {"status": found, "trouble": trouble}
