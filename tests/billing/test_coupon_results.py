"""What a promotion code brought is what invoices say that were paid with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from billing.models import Coupon, Invoice, PromotionCode
from billing.services.checkout import open_checkout
from billing.services.coupon_results import Brought, brought_by
from billing.services.coupons_sync import follow_discounts
from tests.billing.buying import pay
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.factories.payments import make_invoice

pytestmark = pytest.mark.django_db


def code_at_stripe(shop: Shop, code: str, **coupon: Any) -> PromotionCode:
    worth: Any = {"percent_off": 20, **coupon}
    made = shop.api.coupons.create(worth)
    terms: Any = {"promotion": {"type": "coupon", "coupon": made.id}, "code": code}
    promotion = shop.api.promotion_codes.create(terms)
    follow_discounts()
    return PromotionCode.objects.get(stripe_id=promotion.id)


def test_the_invoice_of_whoever_typed_it_counts_and_those_after_it_do_not(shop: Shop, alice: User) -> None:
    code = code_at_stripe(shop, "WELCOME")
    assert brought_by(code) == []
    pay(shop, open_checkout(user=alice, plan="basic", interval="month", promotion_code="WELCOME"))
    shop.catch_up()
    assert brought_by(code) == [Brought("USD", 1, 1, 399)]
    shop.advance(days=32)
    shop.catch_up()
    assert Invoice.objects.filter(status="paid").count() == 2
    assert brought_by(code) == [Brought("USD", 1, 1, 399)]


def test_each_invoice_counts_from_which_a_lasting_one_takes_something(shop: Shop, alice: User, bob: User) -> None:
    code = code_at_stripe(shop, "ALWAYS", duration="forever")
    for user in (alice, bob):
        subscribe(shop, payer(shop, user), discounts=[{"promotion_code": code.stripe_id}])
    shop.catch_up()
    shop.advance(days=32)
    shop.catch_up()
    assert brought_by(code) == [Brought("USD", 4, 2, 4 * 399)]


def test_a_coupon_that_came_by_no_code_and_one_that_took_nothing_do_not_count(shop: Shop, alice: User) -> None:
    euros = shop.api.coupons.create({"amount_off": 100, "currency": "eur"})
    promotion = shop.api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": euros.id}, "code": "EURO"})
    plain = shop.api.coupons.create({"percent_off": 10})
    subscribe(shop, payer(shop, alice), discounts=[{"promotion_code": promotion.id}, {"coupon": plain.id}])
    shop.catch_up()
    invoice = Invoice.objects.get()
    assert (invoice.total_minor, invoice.promotion_codes) == (449, [])


def test_what_is_not_paid_brought_nothing_and_currencies_stay_apart(alice: User, bob: User) -> None:
    coupon = Coupon.objects.create(stripe_id="c", name="Summer", percent_off=20)
    code = PromotionCode.objects.create(coupon=coupon, code="SUMMER", stripe_id="promo_1")
    make_invoice(alice, promotion_codes=["promo_1"], amount_paid_minor=399)
    make_invoice(alice, promotion_codes=["promo_1", "promo_2"], amount_paid_minor=100, currency="EUR")
    make_invoice(bob, promotion_codes=["promo_1"], status="open", amount_paid_minor=0)
    make_invoice(bob, promotion_codes=["promo_2"])
    make_invoice(bob)
    assert brought_by(code) == [Brought("EUR", 1, 1, 100), Brought("USD", 1, 1, 399)]


def test_a_code_that_is_not_at_stripe_brought_nothing(alice: User) -> None:
    coupon = Coupon.objects.create(stripe_id="c", name="Summer", percent_off=20)
    make_invoice(alice)
    assert brought_by(PromotionCode.objects.create(coupon=coupon, code="SUMMER")) == []


def test_it_is_asked_of_the_invoices_that_have_a_code_alone(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    found = Invoice.objects.filter(promotion_codes__contains=["promo_1"]).exclude(promotion_codes=[]).order_by()
    assert "invoice_promotion_codes_idx" in found.explain()
