"""Checkout sessions and the page that a person clicks through."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from tests.billing.sandbox.world import Page, World

SUCCESS = "http://shop.example/thanks?session={CHECKOUT_SESSION_ID}"


def begin(world: World, price: stripe.Price, **more: Any) -> stripe.checkout.Session:
    params: Any = {
        "mode": "subscription",
        "line_items": [{"price": price.id, "quantity": 1}],
        "success_url": SUCCESS,
        "cancel_url": "http://shop.example/plans",
        **more,
    }
    return world.api.checkout.sessions.create(params)


def pay(world: World, session: stripe.checkout.Session, number: str, **fields: str) -> Page:
    return world.open(f"/pay/{session.id}", number=number, expiry="12/34", cvc="123", **fields)


def test_a_person_pays_and_has_a_subscription(world: World) -> None:
    customer = world.api.customers.create({"email": "alice@example.com"})
    session = begin(world, world.price(), customer=customer.id, subscription_data={"metadata": {"plan": "basic"}})
    shown = world.open(str(session.url))
    assert "4.99 USD" in shown.text
    assert "Basic" in shown.text
    paid = pay(world, session, "4242 4242 4242 4242")
    assert (paid.status, paid.url) == (303, SUCCESS.replace("{CHECKOUT_SESSION_ID}", session.id))
    done = world.api.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "line_items"]})
    assert (done.status, done.payment_status, done.amount_total) == ("complete", "paid", 499)
    assert isinstance(done.subscription, stripe.Subscription)
    assert (done.subscription.status, done.subscription.metadata["plan"]) == ("active", "basic")
    assert done.subscription.default_payment_method
    assert done.line_items
    assert done.line_items.data[0].quantity == 1
    assert world.settled()[-1] == "checkout.session.completed"


def test_a_card_has_the_expiry_that_was_entered_and_one_fingerprint(world: World) -> None:
    customers = [world.api.customers.create({"email": f"{name}@example.com"}) for name in ("alice", "bob")]
    for customer in customers:
        session = begin(world, world.price(), customer=customer.id)
        entered = {"number": "4242424242424242", "cvc": "123"}
        assert "in the past" in world.open(f"/pay/{session.id}", expiry="01/20", **entered).alert
        assert "incomplete" in world.open(f"/pay/{session.id}", expiry="13/40", **entered).alert
        assert world.open(f"/pay/{session.id}", expiry="3 / 2041", **entered).status == 303
    cards = [world.api.payment_methods.list({"customer": one.id}).data[0].card for one in customers]
    assert [(card.exp_month, card.exp_year) for card in cards if card] == [(3, 2041), (3, 2041)]
    assert len({card.fingerprint for card in cards if card}) == 1


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("4000000000000002", "Your card was declined."),
        ("4000000000009995", "Your card has insufficient funds."),
        ("4000000000000341", "Your card was declined."),
        ("1234", "Your card number is incorrect."),
        ("", "Please enter a card."),
    ],
)
def test_a_refused_card_is_said_and_leaves_the_page_open(world: World, number: str, message: str) -> None:
    customer = world.api.customers.create({"email": "alice@example.com"})
    session = begin(world, world.price(), customer=customer.id)
    refused = pay(world, session, number)
    assert (refused.status, refused.alert) == (402, message)
    assert world.api.subscriptions.list({"customer": customer.id, "status": "all"}).data == []
    assert world.api.checkout.sessions.retrieve(session.id).status == "open"
    assert pay(world, session, "4242424242424242").status == 303
    assert len(world.api.subscriptions.list({"customer": customer.id}).data) == 1


def test_a_card_that_asks_its_owner_is_paid_after_the_banks_page(world: World) -> None:
    session = begin(world, world.price(), customer_email="alice@example.com")
    asked = pay(world, session, "4000002500003155")
    assert urlsplit(asked.url).path == f"/authenticate/{session.id}"
    assert "4.99 USD" in world.open(asked.url).text
    refused = world.open(asked.url, answer="fail")
    assert refused.status == 402
    assert "authenticate" in refused.alert
    done = world.open(asked.url, answer="complete")
    assert done.status == 303
    session = world.api.checkout.sessions.retrieve(session.id)
    assert session.payment_status == "paid"
    # Its owner has agreed to what comes: renewals are not asked about.
    world.advance(days=32)
    assert world.subscription(str(session.subscription)).status == "active"


def test_a_page_that_was_paid_cannot_be_paid_again(world: World) -> None:
    session = begin(world, world.price(), customer_email="alice@example.com")
    assert pay(world, session, "4242424242424242").status == 303
    again = pay(world, session, "4242424242424242")
    assert (again.status, "shop.example" in again.url) == (303, True)
    assert len(world.api.subscriptions.list().data) == 1
    assert len(world.api.charges.list().data) == 1


def test_a_page_expires_by_itself_or_by_request(world: World) -> None:
    price = world.price()
    first, second = begin(world, price), begin(world, price)
    world.api.checkout.sessions.expire(first.id)
    with pytest.raises(stripe.InvalidRequestError):
        world.api.checkout.sessions.expire(first.id)
    world.advance(days=1, seconds=1)
    assert world.api.checkout.sessions.retrieve(second.id).status == "expired"
    assert pay(world, second, "4242424242424242", email="a@example.com").status == 410
    assert world.settled().count("checkout.session.expired") == 2


def test_a_promotion_code_is_typed_on_the_page_and_used_once(world: World) -> None:
    coupon = world.api.coupons.create({"percent_off": 20, "duration": "once"})
    promotion: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "WELCOME", "max_redemptions": 1}
    code = world.api.promotion_codes.create(promotion)
    session = begin(world, world.price(1000), allow_promotion_codes=True, customer_email="alice@example.com")
    assert world.open(f"{session.url}/code", code="NOPE").alert == "This code is invalid."
    assert world.open(f"{session.url}/code", code="welcome").status == 303
    assert "8.00 USD" in world.open(str(session.url)).text
    assert pay(world, session, "4242424242424242").status == 303
    assert world.api.checkout.sessions.retrieve(session.id).amount_total == 800
    assert world.api.promotion_codes.retrieve(code.id).active is False
    world.advance(days=32)
    totals = [invoice.total for invoice in world.api.invoices.list().data]
    assert totals == [1000, 800]


def test_a_trial_is_due_later(world: World) -> None:
    data = {"trial_period_days": 7}
    session = begin(world, world.price(), customer_email="alice@example.com", subscription_data=data)
    assert session.amount_total == 0
    assert pay(world, session, "4242424242424242").status == 303
    done = world.api.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert isinstance(done.subscription, stripe.Subscription)
    assert (done.payment_status, done.subscription.status) == ("no_payment_required", "trialing")


def test_tax_settings_are_passed_through(world: World) -> None:
    session = begin(
        world,
        world.price(),
        customer_email="alice@example.com",
        automatic_tax={"enabled": True},
        tax_id_collection={"enabled": True},
    )
    assert pay(world, session, "4242424242424242", tax_id="DE123456789").status == 303
    done = world.api.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "customer.tax_ids"]})
    assert isinstance(done.subscription, stripe.Subscription)
    assert done.subscription.automatic_tax.enabled
    assert isinstance(done.customer, stripe.Customer)
    assert done.customer.tax_ids
    assert [(one.type, one.value) for one in done.customer.tax_ids.data] == [("eu_vat", "DE123456789")]


def test_a_customer_without_an_address_cannot_be_taxed(world: World) -> None:
    customer = world.api.customers.create({"email": "alice@example.com"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        begin(world, world.price(), customer=customer.id, automatic_tax={"enabled": True})
    assert refused.value.code == "customer_tax_location_invalid"


def test_a_payment_without_a_subscription(world: World) -> None:
    price = world.api.prices.create({"currency": "jpy", "unit_amount": 500, "product_data": {"name": "Gift"}})
    session = begin(world, price, mode="payment", payment_intent_data={"metadata": {"gift": "1"}})
    assert "500 JPY" in world.open(str(session.url)).text
    assert pay(world, session, "4242424242424242", email="bob@example.com").status == 303
    done = world.api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert isinstance(done.payment_intent, stripe.PaymentIntent)
    assert (done.payment_intent.amount_received, done.payment_intent.metadata["gift"]) == (500, "1")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"customer": "cus_nobody"}, "customer"),
        ({"success_url": "thanks"}, "success_url"),
        ({"currency": "xyz"}, "currency"),
        ({"currency": "eur"}, "line_items"),
        ({"mode": "payment"}, "line_items[0][price]"),
        ({"expires_at": 1}, "expires_at"),
        ({"discounts": [{"coupon": "NOPE"}]}, "discounts[0][coupon]"),
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data"),
    ],
)
def test_what_stripe_refuses_is_refused(world: World, more: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        begin(world, world.price(), **more)
    assert refused.value.param == param
