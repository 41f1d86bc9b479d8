"""Many members of staff at the same code; many who give the same credit."""

from __future__ import annotations

from threading import Lock
from typing import Any
from unittest import mock

import pytest

from accounts.models import AuditEvent, User
from billing.inserts import insert_once
from billing.models import Coupon, PromotionCode, Standing, StripeOrder
from billing.services import coupons
from billing.services.coupons import add_promotion_code, end_promotion_code
from billing.services.credit import give_credit
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.payments import make_customer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
CROWD = 16


@pytest.fixture
def staff() -> list[User]:
    return [make_user(f"staff{number}@example.com", is_staff=True) for number in range(CROWD)]


@pytest.fixture
def coupon() -> Coupon:
    return Coupon.objects.create(stripe_id="summer", name="Summer", percent_off=20, standing=Standing.LIVE)


def test_a_text_that_all_take_at_once_is_one_code(staff: list[User], coupon: Coupon) -> None:
    lock, tries = Lock(), []

    def counted(row: Any) -> bool:
        with lock:
            tries.append(row)
        return insert_once(row)

    with mock.patch.object(coupons, "insert_once", counted):
        for number in range(10):
            code = f"Code-{number}"
            outcome = crowd(
                CROWD,
                lambda n, code=code: add_promotion_code(  # type: ignore[misc]
                    by=staff[n], coupon=coupon, code=code.upper() if n % 2 else code
                ),
            )
            assert outcome == {"ok": 1, "invalid_input": CROWD - 1}
    assert PromotionCode.objects.count() == AuditEvent.objects.filter(action="promotion_code_made").count() == 10
    # The check alone let several through: it is the constraint that decides.
    assert len(tries) > 10


def test_of_many_who_end_a_code_one_does(staff: list[User], coupon: Coupon) -> None:
    code = PromotionCode.objects.create(coupon=coupon, code="SUMMER", standing=Standing.LIVE, stripe_id="promo_1")
    ids = [code.pk] * CROWD
    outcome = crowd(CROWD, lambda n: end_promotion_code(PromotionCode.objects.get(pk=ids[n]), by=staff[n]))
    assert outcome == {"ok": 1, "discount_over": CROWD - 1}
    assert AuditEvent.objects.filter(action="promotion_code_ended").count() == 1


def test_the_same_credit_given_by_many_at_once_is_one_order() -> None:
    alice = make_user("alice@example.com")
    make_customer(alice)
    for key in ("payout-1", "payout-2"):
        outcome = crowd(
            CROWD,
            lambda n, key=key: give_credit(  # type: ignore[misc]
                user=alice, key=key, amount_minor=100, currency="USD", note="Reward"
            ),
        )
        assert outcome == {"ok": CROWD}
        assert StripeOrder.objects.filter(subject=key).count() == 1
