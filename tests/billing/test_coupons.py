"""Coupons and promotion codes that staff make and end: once at Stripe, whatever fails in between, and with the reason if it refuses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, User
from billing.errors import DiscountOver, DiscountWaits
from billing.models import Coupon, Invoice, PromotionCode, StripeOrder
from billing.services import coupon_requests
from billing.services.checkout import open_checkout
from billing.services.coupon_requests import COUPON_IS_OVER, ask_for_discounts
from billing.services.coupons import add_coupon, add_promotion_code, end_coupon, end_promotion_code
from billing.services.coupons_sync import follow_discounts
from billing.services.orders import KEYS_LIVE
from nexusvpn.errors import InvalidInput
from tests.billing.buying import charged, pay
from tests.billing.killed import Killed, at_every_point, kill_at
from tests.billing.shop import Shop
from tests.jobs import run_due_jobs

pytestmark = pytest.mark.django_db


def soon() -> Any:
    return timezone.now().replace(microsecond=0) + timedelta(days=30)


def coupon_of(by: User, **terms: Any) -> Coupon:
    worth = {} if "amount_minor" in terms else {"percent_off": Decimal(20)}
    return add_coupon(by=by, **{"name": "Summer", **worth, **terms})


def code_of(by: User, coupon: Coupon, code: str = "SUMMER-20", **terms: Any) -> PromotionCode:
    return add_promotion_code(by=by, coupon=coupon, code=code, **terms)


def live_code(by: User, **terms: Any) -> PromotionCode:
    code = code_of(by, coupon_of(by), **terms)
    run_due_jobs("payments")
    code.refresh_from_db()
    assert code.standing == "live"
    return code


def codes_at_stripe(shop: Shop) -> list[str]:
    return [one.code for one in shop.api.promotion_codes.list({"active": True, "limit": 100}).data]


def test_what_staff_decided_is_at_stripe_with_all_its_terms(shop: Shop, sam: User) -> None:
    end = soon()
    months: Any = {"duration": "repeating", "duration_months": 3, "max_redemptions": 50, "redeem_by": end}
    coupon = coupon_of(sam, amount_minor=150, currency="usd", **months)
    restrictions: Any = {"first_time_only": True, "minimum_minor": 300, "minimum_currency": "USD"}
    code = code_of(sam, coupon, max_redemptions=5, expires_at=end, **restrictions)
    assert (coupon.standing, code.standing) == ("asked", "asked")
    run_due_jobs("payments")
    for row in (coupon, code):
        row.refresh_from_db()
        assert row.standing == "live"
    there = shop.api.coupons.retrieve(coupon.stripe_id)
    assert (there.amount_off, there.currency, there.duration, there.duration_in_months) == (150, "usd", "repeating", 3)
    assert (there.name, there.max_redemptions, there.redeem_by) == ("Summer", 50, int(end.timestamp()))
    typed = shop.api.promotion_codes.retrieve(str(code.stripe_id))
    assert (typed.code, typed.max_redemptions, typed.expires_at) == ("SUMMER-20", 5, int(end.timestamp()))
    limits = typed.restrictions
    assert (limits.first_time_transaction, limits.minimum_amount, limits.minimum_amount_currency) == (True, 300, "usd")
    acts = set(AuditEvent.objects.values_list("action", "actor_id"))
    assert {("coupon_made", sam.pk), ("promotion_code_made", sam.pk)} <= acts


def test_a_customer_who_types_the_code_pays_less_and_it_is_counted(shop: Shop, sam: User, alice: User) -> None:
    code = live_code(sam)
    page = open_checkout(user=alice, plan="basic", interval="month", promotion_code="summer-20")
    assert pay(shop, page) == 303
    assert charged(shop) == [399]
    shop.catch_up()
    assert Invoice.objects.get().amount_paid_minor == 399
    follow_discounts()
    code.refresh_from_db()
    assert (code.times_redeemed, code.coupon.times_redeemed) == (1, 1)


def test_a_code_from_an_amount_on_takes_nothing_off_less(shop: Shop, sam: User, alice: User, bob: User) -> None:
    live_code(sam, minimum_minor=500, minimum_currency="USD")
    with pytest.raises(InvalidInput):
        open_checkout(user=alice, plan="basic", interval="month", promotion_code="SUMMER-20")
    page = open_checkout(user=alice, plan="basic", interval="month")
    typed = shop.open(f"/pay/{page.stripe_id}/code", code="SUMMER-20")
    assert typed.alert == "This promotion code needs a larger purchase."
    assert pay(shop, open_checkout(user=bob, plan="pro", interval="month", promotion_code="SUMMER-20")) == 303
    assert charged(shop) == [799]


def test_a_job_that_is_killed_anywhere_makes_one_coupon_and_one_code(shop: Shop, sam: User) -> None:
    def act(number: int) -> None:
        code_of(sam, coupon_of(sam, name=f"Coupon {number}"), code=f"CODE-{number}")
        ask_for_discounts()

    def again(number: int) -> None:
        assert ask_for_discounts() >= 1
        assert ask_for_discounts() == 0

    points = at_every_point(act, again)
    assert points == 4
    assert len(shop.api.coupons.list({"limit": 100}).data) == points + 1
    assert sorted(codes_at_stripe(shop)) == [f"CODE-{number}" for number in range(points + 1)]
    assert set(PromotionCode.objects.values_list("standing", flat=True)) == {"live"}
    assert not StripeOrder.objects.exists()


@pytest.mark.parametrize("killed", [0, 1])
def test_what_was_made_under_a_key_that_stripe_has_forgotten_is_found(shop: Shop, sam: User, killed: int) -> None:
    code = code_of(sam, coupon_of(sam))
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, killed, after=True)
        with pytest.raises(Killed):
            ask_for_discounts()
    for model in (Coupon, PromotionCode):
        model._default_manager.update(created_at=timezone.now() - KEYS_LIVE)
    shop.server.sandbox.keys._known.clear()
    ask_for_discounts()
    code.refresh_from_db()
    assert (code.standing, code.coupon.standing) == ("live", "live")
    assert len(shop.api.coupons.list().data) == len(codes_at_stripe(shop)) == 1


def test_stripe_away_it_is_made_later(shop: Shop, sam: User) -> None:
    code = code_of(sam, coupon_of(sam))
    shop.post("faults", mode="500", count=50)
    run_due_jobs("payments")
    code.refresh_from_db()
    assert (code.standing, code.refusal) == ("asked", "")
    shop.post("faults", mode="500", count=0)
    ask_for_discounts()
    assert codes_at_stripe(shop) == ["SUMMER-20"]


def test_what_stripe_refuses_is_shown_with_its_reason(shop: Shop, sam: User) -> None:
    at_stripe = shop.api.coupons.create({"percent_off": 10})
    shop.api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": at_stripe.id}, "code": "Summer-20"})
    code = code_of(sam, coupon_of(sam))
    ask_for_discounts()
    code.refresh_from_db()
    assert code.standing == "refused"
    assert "already exists" in code.refusal
    assert ask_for_discounts() == 0
    # The text is free again for another try.
    code_of(sam, code.coupon)


def test_a_code_for_a_coupon_that_stripe_has_no_longer_is_refused(shop: Shop, sam: User) -> None:
    coupon = live_code(sam).coupon
    shop.api.coupons.delete(coupon.stripe_id)
    code = code_of(sam, coupon, code="LATE")
    ask_for_discounts()
    code.refresh_from_db()
    assert (code.standing, code.refusal) == ("refused", COUPON_IS_OVER)


def test_a_code_that_was_ended_cannot_be_used_and_its_text_is_free(shop: Shop, sam: User, alice: User) -> None:
    code = live_code(sam)
    end_promotion_code(code, by=sam)
    # It can be used until Stripe has answered, so nobody is told that it cannot.
    assert codes_at_stripe(shop) == ["SUMMER-20"]
    with pytest.raises(InvalidInput):
        code_of(sam, code.coupon)
    run_due_jobs("payments")
    code.refresh_from_db()
    assert code.standing == "ended"
    with pytest.raises(InvalidInput):
        open_checkout(user=alice, plan="basic", interval="month", promotion_code="SUMMER-20")
    code_of(sam, code.coupon)
    ask_for_discounts()
    assert codes_at_stripe(shop) == ["SUMMER-20"]
    assert AuditEvent.objects.filter(action="promotion_code_ended", actor_id=sam.pk).count() == 1


def test_a_coupon_that_was_ended_takes_its_codes_with_it(shop: Shop, sam: User) -> None:
    code = live_code(sam)
    end_coupon(code.coupon, by=sam)
    run_due_jobs("payments")
    code.refresh_from_db()
    assert (code.standing, code.coupon.standing) == ("ended", "ended")
    assert shop.api.coupons.list().data == []
    assert codes_at_stripe(shop) == []


def test_what_stripe_never_answers_about_holds_up_no_other(shop: Shop, sam: User) -> None:
    coupons = [coupon_of(sam, name=f"Coupon {number}") for number in range(5)]
    code = code_of(sam, coupons[4])
    assert ask_for_discounts() == 6
    for coupon in coupons[:4]:
        end_coupon(coupon, by=sam)
    end_promotion_code(code, by=sam)
    for coupon in coupons[:3]:
        shop.post("faults", mode="500", count=100, path=f"/v1/coupons/{coupon.stripe_id}")
    assert ask_for_discounts() == 0
    assert ask_for_discounts() == 2
    assert Coupon.objects.get(pk=coupons[3].pk).standing == PromotionCode.objects.get().standing == "ended"
    waiting = Coupon.objects.filter(standing="ending")
    assert set(waiting.values_list("pk", flat=True)) == {coupon.pk for coupon in coupons[:3]}
    shop.post("faults", mode="500", count=0)
    assert ask_for_discounts() == 3


def test_codes_of_a_coupon_that_cannot_be_made_hold_up_no_other(
    shop: Shop, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coupon_requests, "AT_ONCE", 2)
    live = live_code(sam).coupon
    waits = coupon_of(sam, name="Waits")
    for number in range(2):
        code_of(sam, waits, code=f"WAITS-{number}")
    behind = code_of(sam, live, code="BEHIND")
    shop.post("faults", mode="500", count=100, path="/v1/coupons")
    for _ in range(2):
        ask_for_discounts()
    behind.refresh_from_db()
    assert behind.standing == "live"
    shop.post("faults", mode="500", count=0)
    # The coupon has its turn before its codes, however often it was tried.
    assert ask_for_discounts() == 3


@pytest.mark.parametrize("end", [end_coupon, end_promotion_code])
def test_an_end_happens_wherever_its_job_is_killed(shop: Shop, sam: User, end: Any) -> None:
    codes = [code_of(sam, coupon_of(sam, name=f"Summer {number}"), code=f"CODE-{number}") for number in range(3)]
    ask_for_discounts()
    rows = [code.coupon if end is end_coupon else code for code in codes]

    def act(number: int) -> None:
        end(rows[number], by=sam)
        ask_for_discounts()

    def again(number: int) -> None:
        assert ask_for_discounts() == 1
        rows[number].refresh_from_db()
        assert rows[number].standing == "ended"

    assert at_every_point(act, again) == 2
    assert codes_at_stripe(shop) == []


def test_what_is_not_at_stripe_or_over_is_not_ended(shop: Shop, sam: User) -> None:
    code = code_of(sam, coupon_of(sam))
    with pytest.raises(DiscountWaits):
        end_promotion_code(code, by=sam)
    ask_for_discounts()
    end_promotion_code(code, by=sam)
    with pytest.raises(DiscountOver):
        end_promotion_code(code, by=sam)


def test_a_code_whose_time_is_over_leaves_its_text_free(shop: Shop, sam: User) -> None:
    code = live_code(sam, expires_at=soon())
    shop.advance(days=31)
    PromotionCode.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    code_of(sam, code.coupon, code="summer-20")
    ask_for_discounts()
    assert sorted(PromotionCode.objects.values_list("standing", flat=True)) == ["ended", "live"]


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        ({"name": " "}, {"name"}),
        ({"name": "x" * 41}, {"name"}),
        ({"percent_off": None}, {"percent_off"}),
        ({"percent_off": Decimal(20), "amount_minor": 5, "currency": "USD"}, {"percent_off", "currency"}),
        ({"percent_off": Decimal(0)}, {"percent_off"}),
        ({"percent_off": Decimal("100.01")}, {"percent_off"}),
        ({"percent_off": Decimal(20), "currency": "USD"}, {"currency"}),
        ({"percent_off": None, "amount_minor": 0, "currency": "USD"}, {"amount_minor"}),
        ({"percent_off": None, "amount_minor": 5}, {"currency"}),
        ({"percent_off": None, "amount_minor": 5, "currency": "XXX"}, {"currency"}),
        ({"duration": "sometimes"}, {"duration"}),
        ({"duration": "repeating"}, {"duration_months"}),
        ({"duration": "once", "duration_months": 2}, {"duration_months"}),
        ({"max_redemptions": 0}, {"max_redemptions"}),
        ({"redeem_by": timezone.now() + timedelta(minutes=1)}, {"redeem_by"}),
        ({"redeem_by": timezone.now() + timedelta(days=2000)}, {"redeem_by"}),
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused_at_its_field(
    sam: User, terms: dict[str, Any], fields: set[str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_coupon(by=sam, **{"name": "Summer", "percent_off": Decimal(20), **terms})
    assert set(refused.value.fields) == fields
    assert not Coupon.objects.exists()


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        ({"code": "NO"}, {"code"}),
        ({"code": "not this"}, {"code"}),
        ({"code": "ÄÖÜ-2"}, {"code"}),
        ({"code": "taken"}, {"code"}),
        ({"max_redemptions": 11}, {"max_redemptions"}),
        ({"max_redemptions": 0}, {"max_redemptions"}),
        ({"expires_at": timezone.now() + timedelta(days=40)}, {"expires_at"}),
        ({"expires_at": timezone.now() - timedelta(days=1)}, {"expires_at"}),
        ({"minimum_minor": 100}, {"minimum_currency"}),
        ({"minimum_minor": 0, "minimum_currency": "USD"}, {"minimum_minor"}),
        ({"minimum_currency": "USD"}, {"minimum_minor"}),
    ],
)
def test_a_code_that_makes_no_sense_is_refused_at_its_field(sam: User, terms: dict[str, Any], fields: set[str]) -> None:
    coupon = coupon_of(sam, max_redemptions=10, redeem_by=soon())
    code_of(sam, coupon, code="TAKEN")
    with pytest.raises(InvalidInput) as refused:
        add_promotion_code(by=sam, **{"coupon": coupon, "code": "NEW", **terms})
    assert set(refused.value.fields) == fields


def test_without_stripe_nothing_is_asked(sam: User) -> None:
    coupon_of(sam)
    assert ask_for_discounts() == 0
    assert Coupon.objects.get().standing == "asked"
