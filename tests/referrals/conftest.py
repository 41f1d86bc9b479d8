from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from referrals.models import ReferralProgramme
from tests.billing.shop import Shop, open_shop, receiver
from tests.factories.referrals import make_programme


@pytest.fixture
def programme(db: None) -> ReferralProgramme:
    return make_programme()


@pytest.fixture
def shop(db: None, settings: Any) -> Iterator[Shop]:
    with receiver() as hooks, open_shop(settings, hooks) as shop:
        yield shop
