"""Usage per day as an SVG drawing, made on the server: stacked bars (down, up) and the line of an even pace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django import template

register = template.Library()

# The drawing's own units; the page stretches it to the width there is.
STEP, BAR_WIDTH, HEIGHT = 24, 16, 160
SPARK_STEP, SPARK_HEIGHT = 6, 24
# Above this many times the busiest day the line would flatten the bars, and the words below it must do.
PACE_IN_SIGHT = 3


class Bar(NamedTuple):
    day: date
    bytes_down: int
    bytes_up: int
    slot_x: int
    x: int
    down_y: float
    down_height: float
    up_y: float
    up_height: float


def draw_usage(
    days: Sequence[dict[str, Any]],
    quota_bytes: int | None,
    period_days: int | None = None,
    *,
    whole_period: bool = True,
) -> dict[str, Any]:
    """The geometry of the chart. `days` are oldest first, each `{date, bytes_up, bytes_down}`.

    `period_days` is how many days the quota's period has: the quota is spread evenly over all of them. Those of the
    `whole_period` that are to come have their place and no bar; without it `days` are any days, and all that are drawn.
    """
    slots = max(period_days or 0, len(days)) if whole_period else len(days)
    spread_over = slots if whole_period else period_days or slots
    busiest = max((day["bytes_down"] + day["bytes_up"] for day in days), default=0)
    pace = quota_bytes // spread_over if quota_bytes and spread_over else None
    pace_in_sight = bool(pace and busiest and pace <= busiest * PACE_IN_SIGHT)
    top = max(busiest, pace if pace and pace_in_sight else 0)
    scale = HEIGHT / top if top else 0
    bars = [_bar(index, day, scale) for index, day in enumerate(days)]
    return {
        "bars": bars,
        "newest_first": bars[::-1],
        "last_day": days[0]["date"] + timedelta(days=slots - 1) if days else None,
        "width": max(slots, 1) * STEP,
        "height": HEIGHT,
        "bar_width": BAR_WIDTH,
        "step": STEP,
        "top": top,
        "pace": pace,
        "pace_y": round(HEIGHT - pace * scale, 1) if pace and pace_in_sight else None,
    }


def _bar(index: int, day: dict[str, Any], scale: float) -> Bar:
    down, up = day["bytes_down"] * scale, day["bytes_up"] * scale
    return Bar(
        day=day["date"],
        bytes_down=day["bytes_down"],
        bytes_up=day["bytes_up"],
        slot_x=index * STEP,
        x=index * STEP + (STEP - BAR_WIDTH) // 2,
        down_y=round(HEIGHT - down, 1),
        down_height=round(down, 1),
        up_y=round(HEIGHT - down - up, 1),
        up_height=round(up, 1),
    )


@register.inclusion_tag("components/_usage_chart.html")
def usage_chart(
    days: Sequence[dict[str, Any]],
    quota_bytes: int | None = None,
    period_days: int | None = None,
    whole_period: bool = True,
) -> dict[str, Any]:
    return draw_usage(days, quota_bytes, period_days, whole_period=whole_period)


@register.inclusion_tag("components/_sparkline.html")
def sparkline(days: Sequence[int]) -> dict[str, Any]:
    """The sums of some days, oldest first, as small bars beside their figure in words; nothing where all are nothing."""
    busiest = max(days, default=0)
    scale = SPARK_HEIGHT / busiest if busiest else 0
    heights = [max(1.0, round(count * scale, 1)) if count else 0.0 for count in days]
    return {
        "bars": [(index * SPARK_STEP, SPARK_HEIGHT - height, height) for index, height in enumerate(heights) if height],
        "width": len(days) * SPARK_STEP,
        "height": SPARK_HEIGHT,
    }
