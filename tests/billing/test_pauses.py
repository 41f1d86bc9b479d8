"""A pause that ends by itself after what was paid for was over: a new period begins, once, and is paid for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from billing.models import Invoice, StripeOrder, Subscription
from billing.services.subscriptions import pause, unpause
from billing.services.sync import sync_customer
from tests.billing.buying import DECLINED, buy, charged
from tests.billing.shop import Shop

pytestmark = pytest.mark.django_db


def bought(shop: Shop, user: User) -> Subscription:
    row = buy(shop, user)
    shop.catch_up()
    return row


def pause_over_a_renewal(shop: Shop, user: User) -> None:
    """For forty days, of which the last ten are those of the next period."""
    pause(user, timezone.now() + timedelta(days=40))
    shop.catch_up()


def months_later(shop: Shop) -> None:
    shop.advance(days=45)
    for _ in range(2):
        shop.catch_up()


def test_a_new_period_begins_and_is_charged_once(shop: Shop, alice: User) -> None:
    row = bought(shop, alice)
    pause_over_a_renewal(shop, alice)
    months_later(shop)
    row.refresh_from_db()
    assert Invoice.objects.filter(status=Invoice.Status.VOID).count() == 1
    assert (row.status, row.pause_behavior, row.paid_until) == ("active", "", row.current_period_end)
    sync_customer(row.customer_id, everything=True)
    unpause(alice)
    shop.catch_up()
    assert charged(shop) == [499, 499]
    assert StripeOrder.objects.get(purpose="unpause").state == "done"


def test_a_card_that_is_declined_then_is_a_payment_that_failed(shop: Shop, alice: User) -> None:
    row = bought(shop, alice)
    pause_over_a_renewal(shop, alice)
    shop.card_becomes(DECLINED, row.customer_id)
    months_later(shop)
    row.refresh_from_db()
    assert row.status == "past_due"
    assert row.unpaid_since is not None


def test_a_pause_by_staff_charges_nobody_until_its_owner_goes_on(shop: Shop, alice: User) -> None:
    row = bought(shop, alice)
    shop.api.subscriptions.update(row.pk, {"pause_collection": {"behavior": "void"}})
    shop.advance(days=32)
    shop.catch_up()
    shop.api.subscriptions.update(row.pk, {"pause_collection": ""})
    shop.catch_up()
    assert charged(shop) == [499]
    for _ in range(2):
        unpause(alice)
    assert charged(shop) == [499, 499]
