"""What staff pay back: never more than was paid, once however often the form is sent, and by a job."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import AuditEvent, User
from billing.errors import NothingToRefund, PaymentDisputed, RefundUnderWay
from billing.models import Payment, StripeOrder, Subscription
from billing.services.orders import finish_open_orders
from billing.services.refunds import refund_payment, refundable
from nexusvpn.errors import DomainError, InvalidInput
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.factories.payments import make_payment
from tests.invariants import assert_invariants
from tests.jobs import run_due_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(shop: Shop, alice: User) -> Payment:
    subscribe(shop, payer(shop, alice))
    shop.catch_up()
    return Payment.objects.get()


def pay_back(payment: Payment, amount: int, by: User, **more: Any) -> StripeOrder:
    values = {"reason": "Sorry", "end_subscription": False, **more}
    return refund_payment(payment=payment, amount_minor=amount, by=by, **values)


def refunds(shop: Shop) -> list[int]:
    return sorted(refund.amount for refund in shop.api.refunds.list())


def test_a_part_is_paid_back_by_a_job_and_then_the_rest(shop: Shop, payment: Payment, sam: User) -> None:
    order = pay_back(payment, 100, sam)
    assert refunds(shop) == []
    assert refundable(payment) == 399
    run_due_jobs("payments")
    order.refresh_from_db()
    assert (order.state, refunds(shop)) == ("done", [100])
    shop.catch_up()
    payment.refresh_from_db()
    assert (payment.refunded_minor, refundable(payment)) == (100, 399)
    pay_back(payment, 399, sam)
    run_due_jobs("payments")
    shop.catch_up()
    assert refunds(shop) == [100, 399]
    payment.refresh_from_db()
    with pytest.raises(NothingToRefund):
        pay_back(payment, 1, sam)
    assert_invariants()


def test_what_stripe_was_asked_for_counts_before_we_hear_of_it(shop: Shop, payment: Payment, sam: User) -> None:
    pay_back(payment, 400, sam)
    with pytest.raises(RefundUnderWay):
        pay_back(payment, 50, sam)
    order = StripeOrder.objects.get()
    shop.api.refunds.create({"charge": payment.pk, "amount": 400})
    StripeOrder.objects.filter(pk=order.pk).update(state="done", result="re_unheard")
    assert refundable(payment) == 99
    with pytest.raises(InvalidInput) as refused:
        pay_back(payment, 100, sam)
    assert refused.value.fields == {"amount_minor": ["Choose an amount above 0 and of at most $0.99."]}


def test_the_same_form_sent_twice_is_one_refund(shop: Shop, payment: Payment, sam: User) -> None:
    key = uuid4()
    first = pay_back(payment, 100, sam, key=key)
    run_due_jobs("payments")
    shop.catch_up()
    assert pay_back(payment, 100, sam, key=key).pk == first.pk
    run_due_jobs("payments")
    assert refunds(shop) == [100]
    assert AuditEvent.objects.filter(action="payment_refunded").count() == 1


def test_a_subscription_ends_with_its_refund_if_that_is_wanted(shop: Shop, payment: Payment, sam: User) -> None:
    pay_back(payment, 499, sam, end_subscription=True)
    run_due_jobs("payments")
    shop.catch_up()
    subscription = Subscription.objects.get()
    assert subscription.status == "canceled"
    assert refunds(shop) == [499]
    act = AuditEvent.objects.get(action="payment_refunded")
    assert act.person_id == payment.user_id
    assert act.details["ended"] == subscription.pk
    assert "Sorry" not in str(act.details)


def test_a_refund_that_stripe_refuses_is_shown_as_refused(shop: Shop, payment: Payment, sam: User) -> None:
    shop.post("disputes", charge=payment.pk)
    order = pay_back(payment, 100, sam)
    run_due_jobs("payments")
    order.refresh_from_db()
    assert (order.state, order.result) == ("refused", "charge_disputed")
    assert refundable(payment) == 499
    shop.catch_up()
    with pytest.raises(PaymentDisputed):
        pay_back(payment, 100, sam)


def test_stripe_away_the_refund_is_made_later(shop: Shop, payment: Payment, sam: User) -> None:
    order = pay_back(payment, 100, sam)
    shop.post("faults", mode="500", count=50)
    run_due_jobs("payments")
    order.refresh_from_db()
    assert order.state == "open"
    shop.post("faults", mode="500", count=0)
    assert finish_open_orders() == 1
    assert refunds(shop) == [100]


@pytest.mark.parametrize(
    ("amount", "reason", "field"), [(0, "Sorry", "amount_minor"), (500, "Sorry", "amount_minor"), (100, " ", "reason")]
)
def test_what_makes_no_sense_is_refused_at_its_field(
    alice: User, sam: User, amount: int, reason: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        pay_back(make_payment(alice), amount, sam, reason=reason)
    assert set(refused.value.fields) == {field}
    assert not StripeOrder.objects.exists()


@pytest.mark.parametrize("status", ["failed", "pending"])
def test_what_was_not_paid_is_not_paid_back(alice: User, sam: User, status: str) -> None:
    with pytest.raises(DomainError) as refused:
        pay_back(make_payment(alice, status=status), 1, sam)
    assert refused.value.code == "nothing_to_refund"
