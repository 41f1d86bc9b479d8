from __future__ import annotations

from typing import Any

from django import template

from nexusvpn.undo import Undo, undo_of

register = template.Library()


@register.filter
def undo(flash: Any) -> Undo | None:
    """What takes back what a message tells of."""
    return undo_of(flash.extra_tags)
