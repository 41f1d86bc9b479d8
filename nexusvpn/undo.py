"""Taking back what was just done: a message that comes with a button, which sends what undoes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib import messages
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Undo:
    """Where the button sends to by POST, and with which values."""

    action: str
    fields: dict[str, str]


def say_with_undo(request: HttpRequest, text: str, *, action: str, **fields: str) -> None:
    """Tell that it is done; `action` with `fields` is the request that takes it back."""
    messages.success(request, text, extra_tags=orjson.dumps({"action": action, "fields": fields}).decode())


def undo_of(extra_tags: Any) -> Undo | None:
    """What comes with a message; None where there is nothing to take back."""
    if not extra_tags:
        return None
    try:
        return Undo(**orjson.loads(extra_tags))
    except (ValueError, TypeError):
        return None
