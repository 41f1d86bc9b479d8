"""What the service decided and Stripe refused: staff see it until it is settled, and it is asked for again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from billing.models import Discrepancy, StripeOrder, Subscription
from billing.services.orders import SUPERSEDED, end_order, finish_order, order_until_done, place_order
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop

pytestmark = pytest.mark.django_db
Purpose = StripeOrder.Purpose


def shown() -> list[str]:
    waiting = Discrepancy.objects.filter(kind=Discrepancy.Kind.ORDER_REFUSED, healed_at=None, closed_at=None)
    return list(waiting.values_list("object_id", flat=True))


def pay_back(user: User) -> StripeOrder | None:
    """As whoever finds a payment that was made twice; the order that is open then."""
    parameters = {"charge": "ch_1", "reason": "duplicate"}
    order_until_done(user=user, purpose=Purpose.REFUND, subject="ch_1", parameters=parameters)
    return StripeOrder.objects.filter(state="open").first()


def test_it_is_asked_for_again_on_another_day_until_it_is_done(alice: User) -> None:
    first = pay_back(alice)
    assert first
    assert pay_back(alice) == first
    end_order(first, "charge_disputed")
    assert shown() == ["refund ch_1"]
    assert pay_back(alice) is None
    StripeOrder.objects.update(created_at=timezone.now() - timedelta(days=2))
    second = pay_back(alice)
    assert second
    finish_order(second, "re_1")
    assert shown() == []
    StripeOrder.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert pay_back(alice) is None


def test_who_wished_for_the_contrary_or_asked_in_person_needs_no_staff(alice: User) -> None:
    end_order(place_order(user=alice, purpose=Purpose.CANCEL, subject="sub_1", is_durable=True), SUPERSEDED)
    end_order(place_order(user=alice, purpose=Purpose.PAUSE, subject="sub_1"), "resource_missing")
    assert shown() == []


def test_what_happens_all_the_same_is_settled(shop: Shop, alice: User) -> None:
    id = subscribe(shop, payer(shop, alice))
    shop.catch_up()
    end_order(place_order(user=alice, purpose=Purpose.END, subject=id, is_durable=True), "refused")
    payment = alice.payments.get().pk
    end_order(place_order(user=alice, purpose=Purpose.REFUND, subject=payment, is_durable=True), "refused")
    assert sorted(shown()) == [f"end {id}", f"refund {payment}"]
    shop.api.refunds.create({"charge": payment})
    shop.api.subscriptions.cancel(id)
    shop.catch_up()
    assert Subscription.objects.get(pk=id).status == "canceled"
    assert shown() == []
