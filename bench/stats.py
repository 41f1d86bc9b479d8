"""The few figures that a benchmark says: medians, percentiles, ratios of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

__all__ = ["median", "paired_ratio", "percentile"]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all values do not exceed (nearest rank); raises ValueError for none."""
    if not values:
        raise ValueError("there is no percentile of nothing")
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def paired_ratio(measured: Sequence[float], against: Sequence[float]) -> float:
    """The median of the ratios within each pair.

    Pairs were measured next to each other, so what else the machine did weighs on both halves; a ratio of medians would mix good
    moments of one with bad moments of the other.
    """
    return median([a / b for a, b in zip(measured, against, strict=True)])
