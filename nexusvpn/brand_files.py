"""The operator's logo and colours as files: their addresses change with their content, so they are kept for long."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from nexusvpn.brand import brand

_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}


@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    ours = brand()
    if ours.logo is None:
        raise Http404
    # An SVG opened by itself is a document: it shall run nothing there.
    headers = {**_KEPT, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return HttpResponse(ours.logo, content_type=ours.logo_type, headers=headers)


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    ours = brand()
    if not ours.style:
        raise Http404
    return HttpResponse(ours.style, content_type="text/css; charset=utf-8", headers=_KEPT)
