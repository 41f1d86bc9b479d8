"""The Content-Security-Policy of every answer; most have the same one, which is written once a process."""

from __future__ import annotations

from functools import lru_cache

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# What the library's decorators leave on a response that has rules of its own.
_OWN_RULES = ("_csp_exempt", "_csp_config", "_csp_update", "_csp_replace")


@lru_cache(maxsize=1)
def _plain_policy() -> str:
    policy: str = build_policy()
    return policy


class ContentPolicyMiddleware(CSPMiddleware):
    """The library puts the policy together anew for each answer, which takes a fifth of a plain answer's time.

    Whatever is not plain is left to it: an answer that used its nonce or has rules of its own, and development.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        used_nonce = getattr(request, "_csp_nonce", None) is not None
        if used_nonce or settings.DEBUG or any(hasattr(response, name) for name in _OWN_RULES):
            answer: HttpResponseBase = super().process_response(request, response)
            return answer
        response.headers.setdefault(HEADER, _plain_policy())
        # As the library does: a nonce that is asked for now would not be in the header.
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        return response
