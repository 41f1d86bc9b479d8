"""Leaving, coming back and being erased, at Stripe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from djstripe.models import Customer as CustomerCopy

from accounts.models import User
from accounts.services.deletion import leave, restore_account
from accounts.services.erasure import erase_account
from billing.gateway.client import Stripe
from billing.models import StripeCustomer, StripeOrder, Subscription
from billing.services.customers import ensure_customer
from billing.services.erasure import erase_what_came_later
from billing.services.order_requests import USER
from billing.services.orders import finish_open_orders, place_order
from billing.services.sync import sync_customer
from tests.billing.shop import Shop
from tests.factories.payments import price_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscription(shop: Shop, alice: User) -> str:
    with Stripe() as api:
        customer = ensure_customer(alice, api)
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer})
    shop.api.customers.update(customer, {"invoice_settings": {"default_payment_method": method.id}})
    asked: Any = {"customer": customer, "items": [{"price": price_of().stripe_price_id}]}
    made = shop.api.subscriptions.create(asked)
    shop.catch_up()
    assert Subscription.objects.get(pk=made.id).status == "active"
    return made.id


def erase(user: User) -> None:
    User.objects.filter(pk=user.pk).update(deletion_due_at=timezone.now() - timedelta(seconds=1))
    assert erase_account(user.pk)


def test_nothing_is_charged_after_leaving(shop: Shop, alice: User, subscription: str) -> None:
    leave(user=alice)
    shop.catch_up()
    assert shop.subscription(subscription).cancel_at_period_end
    shop.advance(days=40)
    shop.catch_up()
    assert Subscription.objects.get(pk=subscription).status == "canceled"
    assert alice.payments.count() == 1


def test_an_end_that_was_set_for_later_lets_nothing_be_charged_after_leaving(
    shop: Shop, alice: User, subscription: str
) -> None:
    later = int((timezone.now() + timedelta(days=100)).timestamp())
    shop.api.subscriptions.update(subscription, {"cancel_at": later})
    shop.catch_up()
    leave(user=alice)
    shop.catch_up()
    restore_account(user=alice, by=alice)
    shop.catch_up()
    found = shop.subscription(subscription)
    assert (found.cancel_at, found.cancel_at_period_end) == (later, False)
    leave(user=alice)
    shop.catch_up()
    shop.advance(days=40)
    shop.catch_up()
    assert Subscription.objects.get(pk=subscription).status == "canceled"
    assert alice.payments.count() == 1


def test_who_comes_back_goes_on(shop: Shop, alice: User, subscription: str) -> None:
    leave(user=alice)
    shop.catch_up()
    restore_account(user=alice, by=alice)
    shop.catch_up()
    assert not shop.subscription(subscription).cancel_at_period_end
    assert not Subscription.objects.get(pk=subscription).cancel_at_period_end


def test_a_failed_payment_is_not_tried_again(shop: Shop, alice: User, subscription: str) -> None:
    shop.card_becomes("4000000000000341", str(alice.stripe_customers.get().pk))
    shop.advance(days=31, seconds=7200)
    shop.catch_up()
    assert Subscription.objects.get(pk=subscription).status == "past_due"
    tries = alice.payments.count()
    leave(user=alice)
    shop.catch_up()
    assert shop.subscription(subscription).status == "canceled"
    shop.card_becomes("4242424242424242", str(alice.stripe_customers.get().pk))
    shop.advance(days=30)
    shop.catch_up()
    assert Subscription.objects.get(pk=subscription).status == "canceled"
    assert alice.payments.count() == tries


def test_an_erased_person_is_deleted_at_stripe_and_the_copies_go(shop: Shop, alice: User, subscription: str) -> None:
    customer = alice.stripe_customers.get()
    assert CustomerCopy.objects.filter(id=customer.pk).exists()
    leave(user=alice)
    erase(alice)
    shop.catch_up()
    assert shop.api.customers.retrieve(customer.pk).deleted
    shop.catch_up()
    customer.refresh_from_db()
    assert customer.deleted_at is not None
    assert Subscription.objects.get(pk=subscription).status == "canceled"
    assert StripeOrder.objects.get(user=alice, purpose="delete_customer").state == "done"
    erase_what_came_later()
    assert not CustomerCopy.objects.exists()
    left = StripeCustomer.objects.get(user=alice)
    assert (left.card_brand, left.card_last4) == ("", "")
    assert not alice.invoices.exclude(hosted_url="").exists()
    assert not alice.payments.exclude(card_fingerprint_hash="").exists()
    assert alice.ledger_entries.exists()


def test_a_customer_of_whom_no_answer_came_is_deleted_too(shop: Shop, alice: User, bob: User) -> None:
    """Made at Stripe, the answer lost, and the person never tried again."""
    with Stripe() as api:
        ensure_customer(bob, api)
    asked = {"email": alice.email, "metadata": {USER: str(alice.pk)}}
    place_order(user=alice, purpose=StripeOrder.Purpose.CUSTOMER, parameters=asked)
    shop.api.customers.create({"email": alice.email, "metadata": {USER: str(alice.pk)}})
    leave(user=alice)
    erase(alice)
    assert finish_open_orders() == 1
    assert [customer.email for customer in shop.api.customers.list()] == [bob.email]
    assert not StripeOrder.objects.filter(user=alice, parameters__has_key="email").exists()


def test_receipts_go_to_the_address_that_the_person_has_now(shop: Shop, alice: User, subscription: str) -> None:
    User.objects.filter(pk=alice.pk).update(email="new@example.com")
    sync_customer(Subscription.objects.get(pk=subscription).customer_id)
    shop.catch_up()
    assert [customer.email for customer in shop.api.customers.list()] == ["new@example.com"]
    shop.catch_up()
    assert StripeOrder.objects.filter(user=alice, purpose="address").count() == 1
