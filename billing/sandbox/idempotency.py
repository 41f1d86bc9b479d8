"""Idempotency keys: https://docs.stripe.com/api/idempotent_requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from billing.sandbox.errors import StripeError


@dataclass
class _Known:
    request: tuple[str, str]
    answer: tuple[int, dict[str, Any]] | None = None


class IdempotencyKeys:
    """The answers by key. A key that is in use answers 409, one that came with another request 400."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def begin(self, key: str, address: str, body: str) -> tuple[int, dict[str, Any]] | None:
        """The former answer, or None: then the caller works, and says `finish` when it has."""
        with self._lock:
            known = self._known.get(key)
            if known is None:
                self._known[key] = _Known((address, body))
                return None
            if known.request != (address, body):
                raise StripeError(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                    f"Try using a key other than '{key}' if you meant to execute a different request.",
                    type="idempotency_error",
                )
            if known.answer is None:
                raise StripeError(
                    "There is currently another in-progress request using this Idempotent Key (that probably means you "
                    "submitted twice, and the other request is still going through). Please try again later.",
                    status=409,
                    type="idempotency_error",
                    code="idempotency_key_in_use",
                )
            return known.answer

    def finish(self, key: str, answer: tuple[int, dict[str, Any]]) -> None:
        with self._lock:
            self._known[key].answer = answer

    def forget_unfinished(self, key: str) -> None:
        """The request did not begin to work: its parameters were refused, or there was a fault before it."""
        with self._lock:
            known = self._known.get(key)
            if known and known.answer is None:
                del self._known[key]

    def answered(self) -> dict[str, Any]:
        """What is known of requests that are through, to be restored."""
        with self._lock:
            return {key: known for key, known in self._known.items() if known.answer is not None}

    def restore(self, known: dict[str, Any]) -> None:
        with self._lock:
            self._known = dict(known)
