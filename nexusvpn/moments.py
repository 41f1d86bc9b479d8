"""How a moment is written where it is a row's name."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format

from nexusvpn.templatetags.nexusvpn_ui import NO_BREAK


def moment_in_name(at: datetime) -> str:
    """With date and clock, which no line parts: a heading that ends in a bare clock names nothing."""
    return date_format(at, "DATETIME_FORMAT").replace(" ", NO_BREAK)
