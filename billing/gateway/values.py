"""Reading Stripe's values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def id_of(value: Any) -> str:
    """Of an object, or of what stands for it where it was not expanded; empty where there is none."""
    return str(value.get("id") or "") if isinstance(value, dict) else str(value or "")
