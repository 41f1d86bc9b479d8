"""`Idempotency-Key`: the client's name for one thing that it wants once, however often it has to ask."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from nexusvpn.errors import InvalidInput

MAX_KEY = 128
KEY_SHAPE = re.compile(rf"[A-Za-z0-9._-]{{1,{MAX_KEY}}}")
IDEMPOTENCY_PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": f"^{KEY_SHAPE.pattern}$"},
    OpenApiParameter.HEADER,
    description="The same key with the same body gives the first result again for a day; with another body 409 idempotency_key_reused.",
)


def idempotency_key(request: Request) -> str:
    """The header's value, "" where there is none; raises InvalidInput for one of another shape."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return ""
    if not KEY_SHAPE.fullmatch(key):
        raise InvalidInput(fields={"Idempotency-Key": [_("Send 1 to %(n)s of A-Z a-z 0-9 . _ -") % {"n": MAX_KEY}]})
    return str(key)
