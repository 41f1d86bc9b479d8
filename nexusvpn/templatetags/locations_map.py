"""A map of locations: dots on the outline of the world's land, which `frontend/world.js` draws in the same projection."""

from __future__ import annotations

from collections.abc import Iterable
from math import pi, radians
from typing import Any, NamedTuple

from django import template
from django.utils.translation import gettext, ngettext

from nexusvpn.templatetags.nexusvpn_ui import STATES, percent

register = template.Library()

# The drawing's own units; the page stretches it to the width there is.
WIDTH, HEIGHT = 1000, 438
# Where the drawing ends: above and below there is ice and nobody to connect to.
NORTH, SOUTH = 84, -58
# Of the widest parallel, half.
REACH = 0.8707 * pi
# From so many servers on a dot has this width, in pixels of the screen at any size of the map.
SIZES = ((8, 18), (4, 15), (2, 12), (0, 9))

MARKED = ("up", "degraded", "down", "not_in_service")


class Mark(NamedTuple):
    """How a state is drawn: by shape as well as by colour."""

    word: str
    tone: str
    is_square: bool
    is_hollow: bool


class Dot(NamedTuple):
    x: float
    y: float
    size: int
    core: int
    mark: Mark
    slug: str
    title: str


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """Where a place is on the drawing, in the Natural Earth projection (B. Šavrič and others, 2011)."""
    x, y = _raw(longitude, min(max(latitude, SOUTH), NORTH))
    scale = WIDTH / (2 * REACH)
    return round((x + REACH) * scale, 1), round((_raw(0, NORTH)[1] - y) * scale, 1)


def _raw(longitude: float, latitude: float) -> tuple[float, float]:
    phi = radians(latitude)
    phi2 = phi * phi
    phi4 = phi2 * phi2
    narrowing = 0.8707 - 0.131979 * phi2 + phi4 * (-0.013791 + phi4 * (0.003971 * phi2 - 0.001529 * phi4))
    height = 1.007226 + phi2 * (0.015085 + phi4 * (-0.044475 + 0.028874 * phi2 - 0.005916 * phi4))
    return radians(longitude) * narrowing, phi * height


@register.inclusion_tag("components/_map.html")
def locations_map(locations: Iterable[Any]) -> dict[str, Any]:
    """Of objects or dicts with `slug, name, city, latitude, longitude, state, load, premium`, and `servers` where it is known.

    A dot leads to `#location-<slug>`: the list beside the map has these ids, and says in words what the map shows.
    """
    dots = [_dot(location) for location in locations]
    # What is small lies above what is large.
    dots.sort(key=lambda dot: (-dot.size, dot.slug))
    return {"dots": dots, "key": [_mark(state) for state in MARKED], "width": WIDTH, "height": HEIGHT}


def _mark(state: str) -> Mark:
    look = STATES[state]
    return Mark(str(look.word), look.tone, state in ("degraded", "down"), state in ("down", "not_in_service"))


def _dot(location: Any) -> Dot:
    x, y = project(_of(location, "longitude"), _of(location, "latitude"))
    size = next(size for servers, size in SIZES if (_of(location, "servers") or 0) >= servers)
    return Dot(x, y, size, size - 5, _mark(_of(location, "state")), _of(location, "slug"), _title(location))


def _title(location: Any) -> str:
    """ "Amsterdam: works, 3 servers, load 20 %"."""
    facts = [_mark(_of(location, "state")).word.lower()]
    if servers := _of(location, "servers"):
        facts.append(ngettext("%(n)s server", "%(n)s servers", servers) % {"n": servers})
    if _of(location, "load") is not None:
        facts.append(gettext("load %(share)s") % {"share": percent(_of(location, "load"))})
    if _of(location, "premium"):
        facts.append(gettext("premium"))
    return f"{_of(location, 'city')}: {', '.join(facts)}"


def _of(location: Any, name: str) -> Any:
    return location.get(name) if isinstance(location, dict) else getattr(location, name, None)
