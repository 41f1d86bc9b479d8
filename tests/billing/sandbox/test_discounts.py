"""What the sandbox refuses of coupons and promotion codes, as Stripe does, and when they are over."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.billing.sandbox.world import DAY, World

LONG = 4_000_000_000


@pytest.mark.parametrize(
    ("terms", "param"),
    [
        ({"percent_off": 101}, "percent_off"),
        ({"amount_off": 0, "currency": "usd"}, "amount_off"),
        ({"percent_off": 5, "max_redemptions": 0}, "max_redemptions"),
        ({"percent_off": 5, "duration": "repeating", "duration_in_months": 0}, "duration_in_months"),
        ({"percent_off": 5, "redeem_by": 1}, "redeem_by"),
        ({"percent_off": 5, "redeem_by": LONG}, "redeem_by"),
        ({"percent_off": 5, "name": "x" * 41}, "name"),
    ],
)
def test_a_coupon_that_cannot_be_is_refused(world: World, terms: Any, param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        world.api.coupons.create(terms)
    assert refused.value.param == param
    assert world.api.coupons.list().data == []


@pytest.mark.parametrize(
    ("terms", "param"),
    [
        ({"code": "not this"}, "code"),
        ({"max_redemptions": 6}, "max_redemptions"),
        ({"expires_at": 1}, "expires_at"),
        ({"restrictions": {"minimum_amount": 5}}, "restrictions[minimum_amount_currency]"),
    ],
)
def test_a_code_that_cannot_be_is_refused(world: World, terms: Any, param: str) -> None:
    coupon = world.api.coupons.create({"percent_off": 5, "max_redemptions": 5})
    asked: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, **terms}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        world.api.promotion_codes.create(asked)
    assert refused.value.param == param


def test_a_code_does_not_outlive_its_coupon(world: World) -> None:
    now = world.advance()
    coupon = world.api.coupons.create({"percent_off": 5, "redeem_by": now + DAY})
    terms: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}}
    too_long: Any = {**terms, "expires_at": now + 2 * DAY}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        world.api.promotion_codes.create(too_long)
    assert refused.value.param == "expires_at"
    until: Any = {**terms, "expires_at": now + DAY // 2}
    short = world.api.promotion_codes.create(until)
    lasting = world.api.promotion_codes.create(terms)
    world.advance(seconds=DAY // 2)
    assert not world.api.promotion_codes.retrieve(short.id).active
    assert world.api.coupons.retrieve(coupon.id).valid
    world.advance(seconds=DAY)
    assert not world.api.coupons.retrieve(coupon.id).valid
    with pytest.raises(stripe.InvalidRequestError):
        world.api.promotion_codes.create(terms)
    world.api.coupons.delete(coupon.id)
    assert not world.api.promotion_codes.retrieve(lasting.id).active


def test_credit_in_another_currency_than_the_customers_is_refused(world: World) -> None:
    customer = world.payer()
    world.subscribe(world.price(500), customer)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        world.api.customers.balance_transactions.create(customer.id, {"amount": -600, "currency": "eur"})
    assert refused.value.param == "currency"
