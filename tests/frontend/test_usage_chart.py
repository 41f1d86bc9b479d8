"""The geometry of the usage chart."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.template.loader import render_to_string

from nexusvpn.languages import speaking
from nexusvpn.templatetags.usage_chart import HEIGHT, SPARK_HEIGHT, STEP, draw_usage, sparkline


def days(*counts: tuple[int, int]) -> list[dict[str, Any]]:
    first = date(2026, 5, 1)
    return [
        {"date": first + timedelta(days=index), "bytes_down": down, "bytes_up": up}
        for index, (down, up) in enumerate(counts)
    ]


def test_the_busiest_day_fills_the_height_and_up_stands_on_down() -> None:
    quiet, busy = draw_usage(days((100, 0), (300, 100)), None)["bars"]
    assert (busy.up_y, busy.up_height + busy.down_height) == (0, HEIGHT)
    assert busy.up_y + busy.up_height == busy.down_y
    assert busy.down_y + busy.down_height == HEIGHT
    assert quiet.down_height == HEIGHT / 4


def test_the_line_is_at_an_even_share_of_the_allowance() -> None:
    chart = draw_usage(days((100, 0), (300, 100)), 400)
    assert chart["pace"] == 200
    assert chart["pace_y"] == HEIGHT / 2


def test_an_allowance_just_above_the_bars_stretches_the_scale() -> None:
    chart = draw_usage(days((100, 0), (100, 0)), 400)
    assert (chart["top"], chart["pace_y"]) == (200, 0)
    assert chart["bars"][0].down_height == HEIGHT / 2


def test_an_allowance_far_above_the_bars_is_only_told() -> None:
    chart = draw_usage(days((1, 0), (1, 0)), 1_000_000)
    assert (chart["pace"], chart["pace_y"]) == (500_000, None)
    assert chart["bars"][0].down_height == HEIGHT


def test_days_to_come_have_their_place_and_their_share_of_the_allowance() -> None:
    chart = draw_usage(days((100, 0), (100, 0)), 400, period_days=4)
    assert chart["width"] == 4 * STEP
    assert len(chart["bars"]) == 2
    assert (chart["pace"], chart["last_day"]) == (100, date(2026, 5, 4))


def test_days_without_traffic_have_no_chart() -> None:
    assert draw_usage(days((0, 0)), 400)["top"] == 0
    assert draw_usage([], 400)["bars"] == []


def test_the_table_beside_starts_with_the_newest_day() -> None:
    chart = draw_usage(days((1, 0), (2, 0)), None)
    assert [bar.bytes_down for bar in chart["newest_first"]] == [2, 1]
    assert chart["width"] == 2 * STEP


def test_any_days_are_all_that_is_drawn_and_the_line_is_still_the_periods_share() -> None:
    chart = draw_usage(days((100, 0), (100, 0)), 400, period_days=4, whole_period=False)
    assert chart["width"] == 2 * STEP
    assert (chart["pace"], chart["last_day"]) == (100, date(2026, 5, 2))


def test_a_spark_is_as_tall_as_its_day_and_a_day_without_traffic_has_none() -> None:
    drawn = sparkline([0, 50, 100, 1])
    assert [(x, tall) for x, _, tall in drawn["bars"]] == [(6, SPARK_HEIGHT / 2), (12, SPARK_HEIGHT), (18, 1.0)]
    assert sparkline([0, 0])["bars"] == []


def test_dates_and_words_follow_the_language_and_time_runs_to_the_right_in_all_of_them() -> None:
    chart = draw_usage(days((1_400_000_000, 0), (0, 1)), None)
    texts = {}
    for language in ("en", "de"):
        with speaking(language):
            texts[language] = render_to_string("components/_usage_chart.html", chart)
    assert "<span>1\xa0May</span>" in texts["en"]
    assert "<span>1.\xa0Mai</span>" in texts["de"]
    assert "1.\xa0Mai: 1,4\xa0GB" in texts["de"]
    assert 'class="chart-plot" dir="ltr"' in texts["de"]
