"""Buying: a page of Stripe's is opened, paid, left, and looked up."""

from __future__ import annotations

import pytest

from accounts.models import User
from billing.models import CheckoutSession, StripeCustomer
from billing.services.checkout import look_up_checkout, open_checkout
from tests.billing.shop import Shop

pytestmark = pytest.mark.django_db
State = CheckoutSession.State


def pay(shop: Shop, page: CheckoutSession, number: str = "4242424242424242") -> int:
    return shop.open(f"/pay/{page.stripe_id}", number=number, expiry="12/34", cvc="123").status


def test_a_page_is_opened_for_a_plan(shop: Shop, alice: User) -> None:
    page = open_checkout(user=alice, plan="basic", interval="month")
    alice.refresh_from_db()
    customer = StripeCustomer.objects.get(user=alice)
    assert (page.state, alice.stripe_customer_id) == (State.OPEN, customer.stripe_id)
    assert "4.99 USD" in shop.open(page.url).text
    session = shop.api.checkout.sessions.retrieve(str(page.stripe_id))
    assert session.customer == customer.stripe_id
    assert session.allow_promotion_codes
    assert "{CHECKOUT_SESSION_ID}" in str(session.success_url)


def test_the_same_plan_again_is_the_same_page(shop: Shop, alice: User) -> None:
    first = open_checkout(user=alice, plan="basic", interval="month")
    again = open_checkout(user=alice, plan="basic", interval="month")
    assert (again.pk, again.url) == (first.pk, first.url)
    assert len(shop.api.checkout.sessions.list().data) == 1


def test_a_page_that_was_paid_is_looked_up(shop: Shop, alice: User) -> None:
    page = open_checkout(user=alice, plan="basic", interval="month")
    assert look_up_checkout(user=alice, session_id=str(page.stripe_id)).state == State.OPEN
    assert pay(shop, page) == 303
    found = look_up_checkout(user=alice, session_id=str(page.stripe_id))
    assert (found.state, found.url) == (State.COMPLETE, "")
