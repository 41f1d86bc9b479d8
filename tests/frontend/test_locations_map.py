"""The map's dots are where the drawing has their places, and say in words what they show."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import translation

from nexusvpn.templatetags.locations_map import HEIGHT, WIDTH, locations_map, project

CASES = json.loads((Path(__file__).parent / "projection-cases.json").read_text())
AMSTERDAM: dict[str, Any] = {
    **{"slug": "ams", "name": "AMS", "city": "Amsterdam", "latitude": 52.37, "longitude": 4.9},
    **{"state": "up", "load": 0.2, "premium": False, "servers": 3},
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['longitude']},{case['latitude']}")
def test_a_place_is_where_the_drawing_has_it(case: dict[str, float]) -> None:
    assert project(case["longitude"], case["latitude"]) == pytest.approx((case["x"], case["y"]), abs=0.1)


@pytest.mark.parametrize("latitude", [90, -90])
def test_what_is_beyond_the_drawing_lies_on_its_edge(latitude: int) -> None:
    x, y = project(179.9, latitude)
    assert 0 <= x <= WIDTH
    assert 0 <= y <= HEIGHT


def test_more_servers_are_a_larger_dot_below_the_smaller_ones() -> None:
    places = [{**AMSTERDAM, "slug": str(servers), "servers": servers} for servers in (1, 9, 4, 2)]
    dots = locations_map(places)["dots"]
    assert [dot.slug for dot in dots] == ["9", "4", "2", "1"]
    assert len({dot.size for dot in dots}) == 4


def test_a_dot_leads_into_the_list_and_says_what_it_shows() -> None:
    drawn = _render([AMSTERDAM])
    assert '<a class="map-dot tone-good" href="#location-ams" tabindex="-1">' in drawn
    assert "<title>Amsterdam: works, 3 servers, load 20\xa0%</title>" in drawn


def test_each_state_is_another_shape_and_not_only_another_colour() -> None:
    shapes = {}
    for state in ("up", "degraded", "down", "not_in_service"):
        drawn = _render([{**AMSTERDAM, "state": state, "load": None, "premium": True, "servers": 1}])
        shapes[state] = tuple(re.findall(r'class="(map-(?:shape|core)[^"]*)" d="M511', drawn))
    assert "<title>Amsterdam: not in service, 1 server, premium</title>" in drawn
    assert len(set(shapes.values())) == 4


def test_numbers_of_the_drawing_are_of_no_language() -> None:
    with translation.override("de"):
        drawn = _render([AMSTERDAM])
    assert 'd="M511.8 84.7h0"' in drawn
    assert "Amsterdam: läuft, 3 Server, Last 20\xa0%" in drawn


def test_what_staff_entered_is_text() -> None:
    assert "<title>&lt;b&gt;: " in _render([{**AMSTERDAM, "city": "<b>"}])


def _render(places: list[dict[str, Any]]) -> str:
    page = Template("{% load locations_map %}{% locations_map places %}")
    return page.render(Context({"places": places}))
