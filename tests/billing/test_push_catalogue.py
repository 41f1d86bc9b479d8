"""`manage.py push_catalogue`: what it says, and how often it may be said."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.models import PlanPrice
from tests.billing.shop import Shop


def pushed() -> str:
    output = io.StringIO()
    call_command("push_catalogue", stdout=output)
    return output.getvalue()


def test_a_second_push_finds_everything(shop: Shop) -> None:
    assert pushed() == "All of it was there.\n"


def test_a_new_price_is_made_and_the_former_one_taken_off_sale(shop: Shop) -> None:
    price = PlanPrice.objects.get(plan__code="basic", currency="USD", interval="month")
    PlanPrice.objects.filter(pk=price.pk).update(is_current=False)
    values = {"interval": "month", "currency": "USD", "amount_minor": 599}
    PlanPrice.objects.create(plan=price.plan, **values)
    said = pushed()
    assert "Made: basic: $5.99 a month" in said
    assert "No longer offered, or again: " in said
    assert not shop.api.prices.retrieve(str(price.stripe_price_id)).active
    assert pushed() == "All of it was there.\n"


def test_a_stripe_that_is_away_is_said_and_the_next_push_goes_on(shop: Shop) -> None:
    PlanPrice.objects.update(stripe_price_id=None)
    shop.post("faults", mode="500", count=9)
    with pytest.raises(CommandError, match="run it again"):
        pushed()
    shop.post("faults", mode="500", count=0)
    assert not PlanPrice.objects.filter(stripe_price_id=None).exists() or pushed()
    assert not PlanPrice.objects.filter(stripe_price_id=None).exists()


def test_without_a_key_there_is_nothing_to_push_to(db: None, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(CommandError, match="STRIPE_SECRET_KEY is empty"):
        pushed()
