from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from billing.models import Subscription
from tests.billing.lives import payer, subscribe
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


@pytest.fixture
def books_reader(settings: Any) -> None:
    """Somebody is told of what differs from Stripe."""
    settings.ALERT_EMAILS = ["books@example.com"]


@pytest.fixture
def subscription(shop: Shop, alice: User) -> Subscription:
    """Alice pays, and everything has been told."""
    id = subscribe(shop, payer(shop, alice))
    shop.catch_up()
    return Subscription.objects.get(pk=id)
