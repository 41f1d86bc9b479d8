"""Refunds of one payment at the same moment. It is first shown that without the payment's lock one form sent twice is refused."""

from __future__ import annotations

from collections import Counter
from unittest import mock
from uuid import UUID, uuid4

import pytest

from accounts.models import User
from billing.models import Payment, StripeOrder
from billing.services import refunds
from billing.services.refunds import refund_payment
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.payments import make_payment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20
AT_ONCE = 8


def read_without_lock(payment_id: str) -> Payment:
    """What `lock_payment` would be if it only looked."""
    return Payment.objects.select_related("user", "invoice__subscription").get(pk=payment_id)


def pay_back(payment: Payment, by: User, keys: list[UUID]) -> Counter[str]:
    def act(number: int) -> None:
        refund_payment(
            payment=payment, amount_minor=300, reason="Sorry", by=by, end_subscription=False, key=keys[number]
        )

    return crowd(AT_ONCE, act)


def test_without_the_lock_one_form_sent_twice_is_refused() -> None:
    sam, alice = make_user("sam@example.com"), make_user("alice@example.com")
    with mock.patch.object(refunds, "lock_payment", read_without_lock):
        for _ in range(ROUNDS):
            if pay_back(make_payment(alice), sam, [uuid4()] * AT_ONCE) != {"ok": AT_ONCE}:
                return
    pytest.fail("the negative control never lost the race, so the tests below prove nothing")


def test_one_form_sent_many_times_at_once_is_one_refund() -> None:
    sam, alice = make_user("sam@example.com"), make_user("alice@example.com")
    for _ in range(ROUNDS):
        assert pay_back(make_payment(alice), sam, [uuid4()] * AT_ONCE) == {"ok": AT_ONCE}
    assert StripeOrder.objects.count() == ROUNDS


def test_of_many_members_of_staff_at_once_one_pays_back() -> None:
    sam, alice = make_user("sam@example.com"), make_user("alice@example.com")
    for _ in range(ROUNDS):
        found = pay_back(make_payment(alice), sam, [uuid4() for _ in range(AT_ONCE)])
        assert found["ok"] == 1
        assert set(found) <= {"ok", "invalid_input"}
    assert StripeOrder.objects.count() == ROUNDS
