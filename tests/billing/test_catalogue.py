"""The plans and their prices at Stripe."""

from __future__ import annotations

from typing import Any

from billing.models import Plan, PlanPrice
from billing.services.catalogue import push_catalogue
from tests.billing.shop import Shop


def test_every_price_exists_at_stripe_once_however_often_it_is_pushed(shop: Shop) -> None:
    again = push_catalogue()
    assert (again.made, again.matched, again.archived) == ([], [], [])
    at_stripe = {price.id: price for price in shop.api.prices.list({"limit": 100})}
    prices = PlanPrice.objects.all()
    assert len(at_stripe) == len(prices) == 16
    for price in prices:
        found = at_stripe[str(price.stripe_price_id)]
        assert (found.unit_amount, found.currency.upper()) == (price.amount_minor, price.currency)
        assert found.recurring is not None
        assert found.recurring.interval == price.interval
    assert len(shop.api.products.list({"limit": 100}).data) == 2


def test_a_price_of_which_the_answer_was_lost_is_found_again(shop: Shop) -> None:
    PlanPrice.objects.update(stripe_price_id=None)
    Plan.objects.update(stripe_product_id=None)
    assert push_catalogue().made == []
    assert not PlanPrice.objects.filter(stripe_price_id=None).exists()
    assert len(shop.api.prices.list({"limit": 100}).data) == 16


def test_another_amount_is_another_price_and_the_former_is_taken_off_sale_there(shop: Shop) -> None:
    former = PlanPrice.objects.get(plan__code="basic", interval="month", currency="USD")
    PlanPrice.objects.filter(pk=former.pk).update(is_current=False)
    new = PlanPrice.objects.create(plan=former.plan, interval="month", currency="USD", amount_minor=599)
    pushed = push_catalogue()
    assert (len(pushed.made), len(pushed.archived)) == (1, 1)
    new.refresh_from_db()
    assert shop.api.prices.retrieve(str(new.stripe_price_id)).active
    assert not shop.api.prices.retrieve(str(former.stripe_price_id)).active


def test_a_price_made_by_hand_at_stripe_is_matched_if_it_says_the_same(shop: Shop) -> None:
    plan = Plan.objects.get(code="pro")
    words: Any = {"product": plan.stripe_product_id, "currency": "chf", "recurring": {"interval": "month"}}
    other, same = [shop.api.prices.create(words | {"unit_amount": amount}) for amount in (2500, 1500)]
    price = PlanPrice.objects.create(plan=plan, interval="month", currency="CHF", amount_minor=1500)
    pushed = push_catalogue()
    price.refresh_from_db()
    assert (pushed.made, pushed.matched, price.stripe_price_id) == ([], [price.in_words], same.id)
    assert shop.api.prices.retrieve(other.id).active


def test_a_price_made_by_hand_is_matched_once_though_the_same_amount_comes_back(shop: Shop) -> None:
    """Staff set another amount after it, and then the first one again."""
    plan = Plan.objects.get(code="pro")
    words: Any = {"product": plan.stripe_product_id, "currency": "chf", "recurring": {"interval": "month"}}
    by_hand = shop.api.prices.create(words | {"unit_amount": 1500})
    what: Any = {"plan": plan, "interval": "month", "currency": "CHF"}
    first = PlanPrice.objects.create(**what, amount_minor=1500)
    push_catalogue()
    PlanPrice.objects.filter(pk=first.pk).update(is_current=False)
    again = PlanPrice.objects.create(**what, amount_minor=1500)
    push_catalogue()
    first.refresh_from_db()
    again.refresh_from_db()
    assert first.stripe_price_id == by_hand.id
    assert again.stripe_price_id not in (None, by_hand.id)
    assert not shop.api.prices.retrieve(by_hand.id).active
