"""Staff make and end coupons and their codes; a customer who types one pays less."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from billing.models import Coupon, PromotionCode
from billing.services.checkout import open_checkout
from billing.services.coupons import add_coupon, add_promotion_code
from tests.admin.addresses import action, allow, change, refuse_who_may_only_see
from tests.billing.buying import charged, pay
from tests.billing.conftest import shop
from tests.billing.shop import Shop
from tests.jobs import run_due_jobs

pytestmark = pytest.mark.django_db
NO_TIME = {"redeem_by_0": "", "redeem_by_1": "", "expires_at_0": "", "expires_at_1": ""}
COUPON = {"name": "Summer", "percent_off": "20", "duration": "once", **NO_TIME}

__all__ = ["shop"]


def send(staff: Client, model: str, **values: Any) -> Any:
    return staff.post(reverse(f"admin:billing_{model}_add"), {**NO_TIME, **values})


def test_a_code_that_was_made_by_the_forms_makes_a_checkout_cheaper(
    staff: Client, sam: User, alice: User, shop: Shop
) -> None:
    assert send(staff, "coupon", **COUPON).status_code == 302
    coupon = Coupon.objects.get()
    assert "Stripe is being asked" in staff.get(change(coupon)).text
    assert send(staff, "promotioncode", coupon=coupon.pk, code="SUMMER-20").status_code == 302
    run_due_jobs("payments")
    code = PromotionCode.objects.get()
    page = staff.get(change(code)).text
    assert "Can be used" in page
    assert "Stripe is being asked" not in page
    assert pay(shop, open_checkout(user=alice, plan="basic", interval="month", promotion_code="summer-20")) == 303
    assert charged(shop) == [399]
    shop.catch_up()
    assert ">$3.99</td>" in staff.get(change(code)).text
    acts = set(AuditEvent.objects.values_list("action", "actor_id"))
    assert {("coupon_made", sam.pk), ("promotion_code_made", sam.pk)} <= acts


def test_what_waits_for_a_stripe_that_is_not_connected_says_so_and_promises_nothing_else(
    staff: Client, sam: User
) -> None:
    coupon = add_coupon(by=sam, name="Summer", percent_off=Decimal(20))
    told = "Stripe is not connected yet. Once it is, this is asked for there."
    assert told in staff.get(change(coupon)).text
    Coupon.objects.update(standing="live")
    page = staff.post(action(coupon, "end"), follow=True).text
    assert "Stripe is asked to end it once it is connected." in page
    assert "Look at it in a moment" not in page
    assert told in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"percent_off": ""}, "Give a percentage or an amount, one of them."),
        ({"percent_off": "120"}, "Choose more than 0 and at most 100 percent."),
        ({"duration": "repeating"}, "Say for how many months, from 1 to 120."),
        ({"amount_minor": "5"}, "Give a percentage or an amount, one of them."),
    ],
)
def test_what_the_service_refuses_is_said_at_the_field_and_nowhere_else(
    staff: Client, values: dict[str, str], words: str
) -> None:
    answer = send(staff, "coupon", **{**COUPON, **values})
    assert answer.status_code == 200
    assert words in answer.text
    assert "is violated" not in answer.text
    assert not Coupon.objects.exists()


def test_a_form_that_is_sent_twice_makes_one_coupon(staff: Client) -> None:
    send(staff, "coupon", **COUPON)
    again = staff.post(reverse("admin:billing_coupon_add"), COUPON, follow=True)
    assert "This coupon was made a moment ago." in again.text
    assert Coupon.objects.count() == AuditEvent.objects.filter(action="coupon_made").count() == 1
    assert not PromotionCode.objects.exists()
    send(staff, "coupon", **{**COUPON, "percent_off": "25"})
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        send(staff, "coupon", **COUPON)
    assert Coupon.objects.count() == 3


def test_a_code_that_is_in_use_is_refused_at_its_field(staff: Client, sam: User) -> None:
    coupon = add_coupon(by=sam, name="Summer", percent_off=20)
    add_promotion_code(by=sam, coupon=coupon, code="SUMMER")
    answer = send(staff, "promotioncode", coupon=coupon.pk, code="summer")
    assert "This code is in use." in answer.text
    assert PromotionCode.objects.count() == 1


def test_terms_are_only_read_once_it_exists(staff: Client, sam: User) -> None:
    coupon = add_coupon(by=sam, name="Summer", percent_off=20)
    code = add_promotion_code(by=sam, coupon=coupon, code="SUMMER")
    for row in (coupon, code):
        assert 'name="code"' not in staff.get(change(row)).text
        assert 'name="percent_off"' not in staff.get(change(row)).text
        assert staff.post(change(row), {"percent_off": "90", "code": "OTHER"}).status_code == 403
        assert staff.post(change(row).replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_a_list_says_what_one_decides_by(staff: Client, sam: User) -> None:
    coupon = add_coupon(
        by=sam, name="Summer", amount_minor=150, currency="USD", duration="repeating", duration_months=3
    )
    add_promotion_code(
        by=sam, coupon=coupon, code="SUMMER", max_redemptions=50, minimum_minor=499, minimum_currency="USD"
    )
    PromotionCode.objects.update(times_redeemed=12)
    coupons = staff.get(reverse("admin:billing_coupon_changelist")).text
    assert all(words in coupons for words in ("$1.50", "3 months", "Not at Stripe yet"))
    codes = staff.get(reverse("admin:billing_promotioncode_changelist")).text
    assert all(words in codes for words in ("SUMMER", "12 of 50", "$4.99"))


def test_a_refusal_of_stripe_is_shown(staff: Client, sam: User) -> None:
    coupon = add_coupon(by=sam, name="Summer", percent_off=20)
    Coupon.objects.update(standing="refused", refusal="Coupons are <closed> today")
    page = staff.get(change(coupon)).text
    assert "Stripe refused this: Coupons are &lt;closed&gt; today" in page
    assert action(coupon, "end") not in page


def test_a_code_and_a_coupon_are_ended_by_their_pages(staff: Client, sam: User, shop: Shop) -> None:
    coupon = add_coupon(by=sam, name="Summer", percent_off=20)
    code = add_promotion_code(by=sam, coupon=coupon, code="SUMMER")
    run_due_jobs("payments")
    for row in (code, coupon):
        staff.post(action(row, "end"))
        run_due_jobs("payments")
        row.refresh_from_db()
        assert row.standing == "ended"
    assert shop.api.coupons.list().data == []


def test_who_may_only_look_ends_nothing(helper: User, helper_browser: Client, sam: User) -> None:
    coupon = add_coupon(by=sam, name="Summer", percent_off=20)
    Coupon.objects.update(standing="live")
    refuse_who_may_only_see(helper, helper_browser, coupon, "end")
    coupon.refresh_from_db()
    assert coupon.standing == "live"


def test_the_home_says_what_stripe_refused_and_leads_to_it(
    staff: Client, sam: User, helper: User, helper_browser: Client
) -> None:
    refused, is_in_use, fine = (add_coupon(by=sam, name=name, percent_off=20) for name in ("No", "Yes", "Fine"))
    code = add_promotion_code(by=sam, coupon=fine, code="SUMMER-20")
    Coupon.objects.filter(pk=refused.pk).update(standing="refused", refusal="No such coupon")
    # It can be used though staff ended it, for however long ago it was made.
    old = timezone.now() - timedelta(days=90)
    Coupon.objects.filter(pk=is_in_use.pk).update(standing="live", refusal="Not now", created_at=old)
    PromotionCode.objects.update(standing="refused", refusal="No such coupon")
    home = reverse("admin:index")
    notices = {notice.text: notice.url for notice in staff.get(home).context["notices"]}
    both = "2 coupons were refused by Stripe in the last two weeks, or their ends were and they can still be used"
    for words, rows in (
        (both, [refused, is_in_use]),
        (
            "1 promotion code was refused by Stripe in the last two weeks, or its end was and it can still be used",
            [code],
        ),
    ):
        shown = staff.get(notices[words]).context["cl"].result_list
        assert {row.pk for row in shown} == {row.pk for row in rows}
    allow(helper, "view_coupon")
    texts = [notice.text for notice in helper_browser.get(home).context["notices"]]
    assert texts == [both]
    Coupon.objects.filter(pk=is_in_use.pk).update(standing="ended")
    Coupon.objects.filter(pk=refused.pk).update(created_at=old)
    assert not helper_browser.get(home).context["notices"]
