"""JSON with the envelope around it, and plain text where an endpoint offers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from nexusvpn.api.envelope import envelope


class EnvelopeRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        context = renderer_context or {}
        response, request = context["response"], context["request"]
        message = getattr(response, "error_message", None)
        if message is not None:
            return envelope(request._request, response.status_code, message, None, data)
        return envelope(request._request, response.status_code, "Success", data)
