"""What a machine fetches to become a node: the script, and the agent whose checksum is in it."""

from __future__ import annotations

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import etag, require_safe

from vpn.installer.bundle import agent_file
from vpn.installer.script import install_script as script_text

FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
@etag(lambda request: f'"{hashlib.sha256(script_text().encode()).hexdigest()}"')
def install_script(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(script_text(), content_type="text/x-shellscript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
@etag(lambda request: f'"{agent_file().sha256}"')
def agent(request: HttpRequest) -> HttpResponse:
    """Whoever names the checksum that they expect gets that agent or none, and may keep it for ever."""
    expected = request.GET.get("sha256")
    if expected not in (None, agent_file().sha256):
        raise Http404
    response = HttpResponse(agent_file().content, content_type="application/octet-stream")
    response.headers["Cache-Control"] = FOR_EVER if expected else "no-cache"
    return response
