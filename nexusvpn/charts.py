"""Charts of the admin: bars drawn on the server, with the same figures in a table. What is not known has no bar and is "–"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.formats import number_format

from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN

# The drawing's own units; the page stretches it to the width there is.
SLOT, GAP, HEIGHT = 48, 8, 120


class Series(NamedTuple):
    """What is drawn for each label. Bars of one chart stand beside each other; the tone is 1 or 2."""

    name: str
    values: Sequence[int | None]
    tone: int = 1


class Bar(NamedTuple):
    tone: int
    x: float
    y: float
    width: float
    height: float


class Slot(NamedTuple):
    """One label with its bars; `words` says them for a pointer that rests on it."""

    x: int
    words: str
    bars: list[Bar]


def whole(value: int | None) -> str:
    return UNKNOWN if value is None else number_format(value, 0, use_l10n=True, force_grouping=True)


@dataclass(frozen=True, slots=True)
class Chart:
    """`labels` stand below the drawing, first and last, and in the table's first column; `columns` are told in the table only."""

    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    write: Callable[[int | None], str] = whole
    # What was counted and how, in whole sentences.
    note: str = ""
    answer: str = ""
    first_heading: str = ""
    columns: Sequence[tuple[str, Sequence[Any]]] = ()
    url: str = ""
    as_of: datetime | None = None
    height: int = field(default=HEIGHT, init=False)

    @property
    def width(self) -> int:
        return max(len(self.labels), 1) * SLOT

    @property
    def slot_width(self) -> int:
        return SLOT

    @property
    def is_measured(self) -> bool:
        return any(value is not None for series in self.series for value in series.values)

    @property
    def is_flat(self) -> bool:
        """There is no bar to draw: what was measured is nought, each time."""
        return not any(value for series in self.series for value in series.values)

    def _reach(self) -> tuple[int, int]:
        """The lowest and the highest that is drawn; nought is always between them."""
        known = [value for series in self.series for value in series.values if value is not None]
        return min([0, *known]), max([0, *known])

    @property
    def highest(self) -> str:
        return self.write(self._reach()[1])

    @property
    def zero_y(self) -> float:
        low, high = self._reach()
        return round(HEIGHT * high / (high - low), 1) if high > low else HEIGHT

    @property
    def slots(self) -> list[Slot]:
        low, high = self._reach()
        scale = HEIGHT / (high - low) if high > low else 0
        width = (SLOT - GAP) / max(len(self.series), 1)
        found = []
        for place, label in enumerate(self.labels):
            bars = []
            for number, series in enumerate(self.series):
                value = series.values[place]
                if value:
                    tall = abs(value) * scale
                    top = self.zero_y - tall if value > 0 else self.zero_y
                    left = place * SLOT + GAP / 2 + number * width
                    bars.append(Bar(series.tone, round(left, 1), round(top, 1), round(width, 1), round(tall, 1)))
            told = ", ".join(f"{series.name} {self.write(series.values[place])}" for series in self.series)
            found.append(Slot(place * SLOT, f"{label}: {told}", bars))
        return found

    @property
    def headings(self) -> list[str]:
        return [self.first_heading, *(series.name for series in self.series), *(name for name, _cells in self.columns)]

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """As they are drawn, from the first to the last."""
        return [
            (
                label,
                *(self.write(series.values[place]) for series in self.series),
                *(cells[place] for _name, cells in self.columns),
            )
            for place, label in enumerate(self.labels)
        ]
