from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.billing.shop import Shop, open_shop, receiver


@pytest.fixture
def shop(db: None, settings: Any) -> Iterator[Shop]:
    with receiver() as hooks, open_shop(settings, hooks) as shop:
        yield shop
