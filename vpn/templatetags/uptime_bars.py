"""The last 90 days of a location as an SVG drawing with its table, made on the server."""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from django import template
from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from nexusvpn.templatetags.nexusvpn_ui import NO_BREAK, UNKNOWN
from vpn.services.uptime import DAY_S, History

register = template.Library()

# The drawing's own units; the page stretches it to the width there is.
STEP, BAR_WIDTH, HEIGHT = 8, 6, 32
# However short an outage was, it can be seen; and what is not known is no full bar.
LEAST_DOWN, STUB, GAP = 7, 8, 2
MINUTE_S, HOUR_S = 60, 3600


class Bar(NamedTuple):
    day: date
    x: int
    is_known: bool
    down_height: float
    up_y: float
    up_height: float
    up: str
    down: str
    not_known: str


@register.filter
def uptime(share: float | None) -> str:
    """A share of one in percent, downwards: only what was never down is "100 %"."""
    if share is None:
        return UNKNOWN
    written = "100" if share == 1 else number_format(math.floor(share * 10_000 + 1e-6) / 100, 2)
    return gettext("{n} %").format(n=written).replace(" ", NO_BREAK)


@register.filter
def duration(seconds: float) -> str:
    """ "2 min 1 s"; at most two units."""
    whole = round(seconds)
    hours, minutes, rest = whole // HOUR_S, whole % HOUR_S // MINUTE_S, whole % MINUTE_S
    parts = [f"{hours}{NO_BREAK}h"] if hours else []
    parts += [f"{minutes}{NO_BREAK}min"] if minutes else []
    parts += [f"{rest}{NO_BREAK}s"] if rest and not hours else []
    return " ".join(parts) or f"0{NO_BREAK}s"


@register.simple_tag
def uptime_bars(history: History) -> SafeString:
    return _drawn(history, get_language() or "")


@lru_cache(maxsize=512)
def _drawn(history: History, language: str) -> SafeString:
    """Kept for each language as long as the figures are the same: the page is asked for more often than they change."""
    return SafeString(render_to_string("status/_history.html", draw_uptime(history)))


def draw_uptime(history: History) -> dict[str, Any]:
    """The geometry of the bars, and the figures of each day in words."""
    bars = []
    for number, day in enumerate(history.days):
        share = day.share
        down = 0.0 if share is None or day.down_s < 1 else max(LEAST_DOWN, (1 - share) * HEIGHT)
        top = 0.0 if not down else down + GAP
        bars.append(
            Bar(
                day=day.day,
                x=number * STEP,
                is_known=share is not None,
                down_height=round(down, 1),
                up_y=round(HEIGHT - STUB if share is None else min(top, HEIGHT), 1),
                up_height=round(STUB if share is None else max(0.0, HEIGHT - top), 1),
                up=uptime(share),
                down=duration(day.down_s),
                not_known=duration(max(0.0, DAY_S - day.known_s)),
            )
        )
    return {
        "bars": bars,
        "newest_first": bars[::-1],
        "share": history.share,
        "width": len(bars) * STEP,
        "height": HEIGHT,
        "bar_width": BAR_WIDTH,
    }
