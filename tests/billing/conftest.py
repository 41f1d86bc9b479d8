from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.billing.shop import Shop, open_shop, receiver


@pytest.fixture
def shop(db: None, settings: Any) -> Iterator[Shop]:
    with receiver() as hooks, open_shop(settings, hooks) as shop:
        yield shop


@pytest.fixture
def one_minute() -> Iterator[None]:
    """Tries are counted a minute at a time: no next one begins between them."""
    with time_machine.travel(timezone.now(), tick=False):
        yield
