"""What may happen once."""

from __future__ import annotations

from billing.inserts import insert_once
from billing.models import Effect


def once(key: str) -> bool:
    """Whether this is the first time for the key. Asked in the transaction in which it happens: if that fails, it did not."""
    return insert_once(Effect(key=key))
