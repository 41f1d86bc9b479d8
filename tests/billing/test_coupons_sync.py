"""What was made or changed at Stripe itself appears here: by its event, or by the hourly look where none came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from billing.models import Coupon, Discrepancy, PromotionCode, ReconcileRun, StripeEvent
from billing.services.coupon_requests import ask_for_discounts
from billing.services.coupons import add_coupon, add_promotion_code, end_promotion_code
from billing.services.coupons_sync import follow_discounts, write_code, write_coupon
from billing.services.reconcile import compare
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop

pytestmark = pytest.mark.django_db


def made_at_stripe(shop: Shop, **more: Any) -> tuple[str, str]:
    """The ids of a coupon and a code."""
    coupon = shop.api.coupons.create({"percent_off": 12.5, "name": "Partner"})
    terms: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "PARTNER", **more}
    return coupon.id, shop.api.promotion_codes.create(terms).id


def test_what_was_made_at_stripe_appears_by_its_events(shop: Shop) -> None:
    coupon_id, code_id = made_at_stripe(shop, restrictions={"first_time_transaction": True})
    assert {"coupon.created", "promotion_code.created"} <= set(shop.catch_up())
    coupon, code = Coupon.objects.get(), PromotionCode.objects.get()
    assert (coupon.stripe_id, coupon.name, str(coupon.percent_off), coupon.standing) == (
        coupon_id,
        "Partner",
        "12.50",
        "live",
    )
    assert (code.stripe_id, code.code, code.coupon, code.standing) == (code_id, "PARTNER", coupon, "live")
    assert code.first_time_only
    told = StripeEvent.objects.filter(type__in=("coupon.created", "promotion_code.created"))
    assert set(told.values_list("state", flat=True)) == {"done"}


def test_a_code_that_is_told_of_before_its_coupon_brings_it_along(shop: Shop) -> None:
    made_at_stripe(shop)
    event = next(one for one in shop.events() if one["type"] == "promotion_code.created")
    assert shop.deliver(event) == 200
    shop.catch_up()
    assert PromotionCode.objects.get().coupon.name == "Partner"


def test_a_code_for_one_customer_is_shown_as_such_and_takes_no_text(shop: Shop, sam: User, alice: User) -> None:
    made_at_stripe(shop, customer=payer(shop, alice))
    shop.catch_up()
    code = PromotionCode.objects.get()
    assert code.is_personal
    add_promotion_code(by=sam, coupon=code.coupon, code="PARTNER")


@pytest.mark.parametrize("is_told", [True, False])
def test_what_ends_at_stripe_ends_here(shop: Shop, is_told: bool) -> None:
    coupon_id, code_id = made_at_stripe(shop)
    other = shop.api.coupons.create({"percent_off": 50})
    follow = shop.catch_up if is_told else follow_discounts
    follow()
    shop.api.promotion_codes.update(code_id, {"active": False})
    shop.api.coupons.delete(other.id)
    Coupon.objects.update(synced_at=timezone.now() - timedelta(hours=1))
    follow()
    assert PromotionCode.objects.get().standing == "ended"
    assert dict(Coupon.objects.values_list("stripe_id", "standing")) == {coupon_id: "live", other.id: "ended"}
    shop.api.promotion_codes.update(code_id, {"active": True})
    follow()
    assert PromotionCode.objects.get().standing == "live"


def test_a_coupon_that_is_deleted_at_stripe_takes_its_codes_with_it(shop: Shop) -> None:
    coupon_id, _ = made_at_stripe(shop)
    shop.catch_up()
    shop.api.coupons.delete(coupon_id)
    shop.catch_up()
    assert (Coupon.objects.get().standing, PromotionCode.objects.get().standing) == ("ended", "ended")


def test_how_often_it_was_used_is_known_by_the_hour(shop: Shop, alice: User) -> None:
    _, code_id = made_at_stripe(shop, max_redemptions=1)
    shop.catch_up()
    subscribe(shop, payer(shop, alice), discounts=[{"promotion_code": code_id}])
    follow_discounts()
    code = PromotionCode.objects.get()
    assert (code.times_redeemed, code.standing, code.coupon.times_redeemed) == (1, "ended", 1)


@pytest.mark.parametrize("name", ["redeem_by", "expires_at"])
def test_what_is_over_by_time_is_over_here(shop: Shop, name: str) -> None:
    at = int((timezone.now() + timedelta(days=1)).timestamp())
    coupon = shop.api.coupons.create({"percent_off": 5, **({"redeem_by": at} if name == "redeem_by" else {})})
    until = {"expires_at": at} if name == "expires_at" else {}
    terms: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "SHORT", **until}
    shop.api.promotion_codes.create(terms)
    follow_discounts()
    shop.advance(days=2)
    follow_discounts()
    ended = Coupon.objects.get() if name == "redeem_by" else PromotionCode.objects.get()
    assert ended.standing == "ended"


def test_an_answer_that_was_asked_for_before_undoes_nothing(shop: Shop) -> None:
    coupon_id, code_id = made_at_stripe(shop)
    before = timezone.now() - timedelta(seconds=5)
    coupon = shop.api.coupons.retrieve(coupon_id).to_dict()
    code = shop.api.promotion_codes.retrieve(code_id).to_dict()
    shop.catch_up()
    write_coupon({**coupon, "times_redeemed": 7}, timezone.now())
    write_code({**code, "active": False}, Coupon.objects.get(), timezone.now())
    write_coupon(coupon, before)
    write_code(code, Coupon.objects.get(), before)
    assert Coupon.objects.get().times_redeemed == 7
    assert PromotionCode.objects.get().standing == "ended"


def test_an_event_while_a_code_is_being_ended_does_not_make_it_usable(shop: Shop, sam: User) -> None:
    coupon = add_coupon(by=sam, name="Summer", percent_off=20)
    code = add_promotion_code(by=sam, coupon=coupon, code="SUMMER")
    ask_for_discounts()
    code.refresh_from_db()
    end_promotion_code(code, by=sam)
    follow_discounts()
    code.refresh_from_db()
    assert code.standing == "ending"


def test_our_own_coupons_are_one_row_whoever_tells_of_them_first(shop: Shop, sam: User) -> None:
    coupon = add_coupon(by=sam, name="Summer", percent_off=20)
    add_promotion_code(by=sam, coupon=coupon, code="SUMMER")
    ask_for_discounts()
    # As if the answers had been lost and the events had come.
    PromotionCode.objects.update(standing="asked", stripe_id=None, synced_at=None)
    Coupon.objects.update(standing="asked", synced_at=None)
    shop.catch_up()
    assert (Coupon.objects.get().standing, PromotionCode.objects.get().standing) == ("live", "live")
    assert PromotionCode.objects.get().stripe_id


def test_one_that_takes_the_text_of_a_code_that_waits_here_is_told_apart_later(shop: Shop, sam: User) -> None:
    waiting = add_promotion_code(by=sam, coupon=add_coupon(by=sam, name="Ours", percent_off=20), code="PARTNER")
    made_at_stripe(shop)
    follow_discounts()
    assert list(PromotionCode.objects.values_list("pk", flat=True)) == [waiting.pk]
    ask_for_discounts()
    follow_discounts()
    assert sorted(PromotionCode.objects.values_list("standing", flat=True)) == ["live", "refused"]


def test_events_that_never_came_are_found_in_stripes_list(shop: Shop, alice: User) -> None:
    payer(shop, alice)
    shop.catch_up()
    made_at_stripe(shop)
    found = compare(ReconcileRun.Kind.EVENTS, at=timezone.now() + timedelta(hours=1))
    assert found
    assert (found.error, found.differences) == ("", 2)
    assert PromotionCode.objects.get().code == "PARTNER"
    assert not Discrepancy.objects.filter(healed_at=None).exists()


def test_more_than_a_page_of_codes_is_read_to_its_end(shop: Shop) -> None:
    coupon = shop.api.coupons.create({"percent_off": 5})
    for number in range(101):
        shop.api.promotion_codes.create(
            {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": f"PART-{number}"}
        )
    assert follow_discounts() == 102
    assert PromotionCode.objects.count() == 101


def test_one_for_which_our_columns_have_no_room_is_left_to_stripe(shop: Shop) -> None:
    coupon = shop.api.coupons.create({"percent_off": 5, "id": "x" * 65})
    shop.api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "LONG"})
    assert follow_discounts() == 2
    assert not Coupon.objects.exists()
