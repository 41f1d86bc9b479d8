"""What Stripe is told of a person: where its receipts and invoices go, and in which language."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services.addresses import ask_for_change, confirm_change
from accounts.services.profile import choose_language
from billing.gateway.client import Stripe
from billing.gateway.errors import GatewayRefused
from billing.models import StripeCustomer, StripeOrder
from billing.services.customers import ensure_customer
from billing.services.orders import REFUSED_FOR, end_order, finish_open_orders, place_order
from billing.services.sync import sync_customer
from tests.accounts.links import token_mailed
from tests.admin.addresses import change, save
from tests.admin.conftest import browser_with_factor
from tests.billing.shop import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def german(alice: User) -> User:
    alice.language = "de"
    alice.save()
    return alice


def make_customer(user: User) -> str:
    with Stripe() as api:
        return ensure_customer(user, api)


def languages(shop: Shop) -> list[Any]:
    return [customer.preferred_locales for customer in shop.api.customers.list()]


def orders(user: User) -> int:
    return StripeOrder.objects.filter(user=user, purpose="address").count()


def test_a_new_customer_has_the_persons_language(shop: Shop, german: User) -> None:
    make_customer(german)
    assert languages(shop) == [["de"]]


def test_whoever_has_chosen_none_has_stripes_own_choice(shop: Shop, alice: User) -> None:
    make_customer(alice)
    sync_customer(StripeCustomer.objects.get(user=alice).pk)
    assert languages(shop) == [[]]
    assert orders(alice) == 0


def test_another_language_is_told_by_a_job_and_not_by_the_request(shop: Shop, german: User) -> None:
    make_customer(german)
    choose_language(user=german, language="en")
    assert languages(shop) == [["de"]]
    shop.catch_up()
    assert languages(shop) == [["en"]]
    shop.catch_up()
    assert orders(german) == 1


def test_the_same_language_again_asks_nothing_of_stripe(shop: Shop, german: User) -> None:
    make_customer(german)
    choose_language(user=german, language="de")
    assert orders(german) == 0


def test_with_stripe_away_it_is_told_later_and_then_as_it_is_by_then(shop: Shop, german: User) -> None:
    make_customer(german)
    choose_language(user=german, language="en")
    # The request and its repeat.
    shop.post("faults", mode="500", count=2, path="/v1/customers/")
    assert finish_open_orders() == 0
    choose_language(user=german, language="de")
    choose_language(user=german, language="en")
    assert finish_open_orders() == 1
    assert languages(shop) == [["en"]]
    assert orders(german) == 1


def test_a_sync_finds_a_customer_of_another_language(shop: Shop, alice: User) -> None:
    """One that was made before languages were told, or that somebody has changed there."""
    made = make_customer(alice)
    User.objects.filter(pk=alice.pk).update(language="de")
    sync_customer(made)
    shop.catch_up()
    assert languages(shop) == [["de"]]
    shop.catch_up()
    assert orders(alice) == 1


def test_what_stripe_refused_a_sync_asks_again_on_another_day(shop: Shop, alice: User) -> None:
    made = make_customer(alice)
    User.objects.filter(pk=alice.pk).update(email="alice@nowhere.invalid")
    refused = place_order(user=alice, purpose=StripeOrder.Purpose.ADDRESS, subject=made, is_durable=True)
    end_order(refused, "email_invalid")
    sync_customer(made)
    sync_customer(made)
    assert orders(alice) == 1
    StripeOrder.objects.update(finished_at=timezone.now() - REFUSED_FOR)
    sync_customer(made)
    assert finish_open_orders() == 1
    assert orders(alice) == 2
    # Done since: what somebody changes there is put right at once.
    StripeOrder.objects.filter(pk=refused.pk).update(finished_at=timezone.now())
    shop.api.customers.update(made, {"email": "other@example.com"})
    sync_customer(made)
    assert orders(alice) == 3


def test_what_stripe_refused_is_told_at_once_when_the_person_chooses_again(shop: Shop, alice: User) -> None:
    made = make_customer(alice)
    end_order(place_order(user=alice, purpose=StripeOrder.Purpose.ADDRESS, subject=made, is_durable=True), "refused")
    choose_language(user=alice, language="de")
    assert finish_open_orders() == 1
    assert languages(shop) == [["de"]]


def confirm_address(user: User, email: str) -> None:
    ask_for_change(user=user, email=email)
    for end in ("old", "new"):
        confirm_change(token=token_mailed(f"email_change_{end}"))


def test_another_address_is_told_at_once_also_after_stripe_refused_the_former(shop: Shop, alice: User) -> None:
    made = make_customer(alice)
    end_order(
        place_order(user=alice, purpose=StripeOrder.Purpose.ADDRESS, subject=made, is_durable=True), "email_invalid"
    )
    confirm_address(alice, "alice@new.example")
    assert finish_open_orders() == 1
    assert [customer.email for customer in shop.api.customers.list()] == ["alice@new.example"]


@pytest.mark.parametrize("becomes", ["address", "language"])
def test_what_changes_while_stripe_refuses_the_former_is_told_at_once(
    shop: Shop, alice: User, becomes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever changes it finds the order for the former still open; and a refusal is of what was asked, not of what came after."""
    made = make_customer(alice)
    place_order(user=alice, purpose=StripeOrder.Purpose.ADDRESS, subject=made, is_durable=True)

    def refuse_late(order: StripeOrder, api: Stripe) -> None:
        if becomes == "address":
            confirm_address(User.objects.get(pk=alice.pk), "alice@new.example")
        else:
            choose_language(user=User.objects.get(pk=alice.pk), language="de")
        raise GatewayRefused("email_invalid")

    with monkeypatch.context() as patched:
        patched.setattr("billing.services.orders.ask_for", refuse_late)
        assert finish_open_orders() == 0
    # Also where a sync comes before the job.
    sync_customer(made)
    assert finish_open_orders() == 1
    [customer] = shop.api.customers.list()
    if becomes == "address":
        assert customer.email == "alice@new.example"
    else:
        assert customer.preferred_locales == ["de"]
    assert orders(alice) == 2


@pytest.mark.parametrize("gone", ["deletion_due_at", "erased_at"])
def test_nothing_is_told_of_who_left_while_stripe_refused(
    shop: Shop, alice: User, gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_customer(alice)
    place_order(user=alice, purpose=StripeOrder.Purpose.ADDRESS, subject=made, is_durable=True)

    def refuse_late(order: StripeOrder, api: Stripe) -> None:
        left = {"is_active": False, gone: timezone.now()}
        User.objects.filter(pk=alice.pk).update(email="erased@invalid.example", **left)
        raise GatewayRefused("email_invalid")

    monkeypatch.setattr("billing.services.orders.ask_for", refuse_late)
    finish_open_orders()
    assert orders(alice) == 1


def test_an_address_that_a_superuser_corrects_is_told_as_well(shop: Shop, alice: User, sam: User) -> None:
    make_customer(alice)
    browser = browser_with_factor(sam)
    assert save(browser, change(alice), {"full_name": alice.full_name, "email": alice.email}).status_code == 302
    assert orders(alice) == 0
    form = {"full_name": alice.full_name, "email": "alice@new.example"}
    assert save(browser, change(alice), form).status_code == 302
    assert finish_open_orders() == 1
    assert [customer.email for customer in shop.api.customers.list()] == ["alice@new.example"]


def test_whoever_has_no_customer_asks_nothing_of_stripe(shop: Shop, alice: User) -> None:
    choose_language(user=alice, language="de")
    confirm_address(alice, "alice@new.example")
    assert not StripeOrder.objects.exists()
