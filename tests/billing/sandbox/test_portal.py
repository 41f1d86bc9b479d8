"""The billing portal's page, and hosted invoices."""

from __future__ import annotations

import pytest
import stripe

from tests.billing.sandbox.world import Page, World


def portal_of(world: World, customer: str) -> str:
    made = world.api.billing_portal.sessions.create({"customer": customer, "return_url": "http://shop.example/billing"})
    return made.url


def test_a_person_cancels_and_resumes(world: World) -> None:
    subscription = world.subscribe(world.price())
    url = portal_of(world, str(subscription.customer))
    shown = world.open(url)
    assert "Renews on" in shown.text
    assert "http://shop.example/billing" in shown.text
    assert world.open(url, subscription=subscription.id, action="cancel").status == 303
    assert world.subscription(subscription.id).cancel_at_period_end
    assert "Resume" in world.open(url).text
    world.open(url, subscription=subscription.id, action="resume")
    assert not world.subscription(subscription.id).cancel_at_period_end


def test_another_persons_subscription_is_out_of_reach(world: World) -> None:
    price = world.price()
    mine, theirs = world.subscribe(price), world.subscribe(price)
    refused = world.open(portal_of(world, str(mine.customer)), subscription=theirs.id, action="cancel")
    assert refused.alert
    assert not world.subscription(theirs.id).cancel_at_period_end


def test_a_new_card_pays_what_is_open(world: World) -> None:
    subscription = world.subscribe(world.price())
    customer = str(subscription.customer)
    world.card_becomes("4000000000000341", customer)
    world.advance(days=32)
    assert world.subscription(subscription.id).status == "past_due"
    url = portal_of(world, customer)
    refused = world.open(url, number="4000000000000002")
    assert (refused.status, refused.alert) == (402, "Your card was declined.")
    assert world.open(url, number="5555555555554444").status == 303
    assert world.subscription(subscription.id).status == "active"
    assert "mastercard •••• 4444" in world.open(url).text.encode("latin-1").decode()


def test_a_card_that_asks_its_owner_is_stored_after_the_answer(world: World) -> None:
    subscription = world.subscribe(world.price())
    url = portal_of(world, str(subscription.customer))
    asked = world.open(url, number="4000002500003155")
    assert "Confirm with your bank" in world.open(asked.url).text
    assert world.open(url, number="4000002500003155", answer="complete").status == 303
    world.advance(days=32)
    assert world.subscription(subscription.id).status == "active"


def test_an_open_invoice_is_paid_on_its_page(world: World) -> None:
    customer = world.api.customers.create({"email": "alice@example.com"})
    subscription = world.subscribe(world.price(), customer, payment_behavior="default_incomplete")
    assert subscription.status == "incomplete"
    invoice = world.api.invoices.retrieve(str(subscription.latest_invoice), {"expand": ["payments"]})
    assert invoice.payments
    assert invoice.payments.data[0].status == "open"
    url = str(invoice.hosted_invoice_url)
    assert world.open(url, number="4000000000009995").alert == "Your card has insufficient funds."
    assert world.open(url, number="4242424242424242").status == 303
    assert world.subscription(subscription.id).status == "active"
    assert "paid" in world.open(url).text


def test_an_invoice_has_a_pdf(world: World) -> None:
    subscription = world.subscribe(world.price(name="Basic (new)"))
    invoice = world.api.invoices.retrieve(str(subscription.latest_invoice))
    pdf = world.open(str(invoice.invoice_pdf))
    assert pdf.text.startswith("%PDF-1.4")
    assert str(invoice.number) in pdf.text
    assert "4.99 USD" in pdf.text


@pytest.mark.parametrize("path", ["/portal/unknown", "/invoice/unknown", "/pay/cs_test_unknown", "/nowhere", "/"])
def test_an_unknown_address_is_a_404(world: World, path: str) -> None:
    assert world.open(path).status == 404


def test_the_banks_page_sends_nobody_elsewhere(world: World) -> None:
    found: Page = world.open("/authenticate/card?back=http://evil.example/")
    assert found.status == 404


def test_an_intent_that_asks_is_confirmed_on_the_banks_page(world: World) -> None:
    intent = world.api.payment_intents.create(
        {"amount": 1000, "currency": "usd", "payment_method": "pm_card_authenticationRequired", "confirm": True}
    )
    assert intent.status == "requires_action"
    assert intent.next_action
    assert intent.next_action.redirect_to_url
    url = str(intent.next_action.redirect_to_url.url)
    assert world.open(url, answer="fail").status == 200
    failed = world.api.payment_intents.retrieve(intent.id)
    assert (failed.status, failed.last_payment_error is not None) == ("requires_payment_method", True)
    world.api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_authenticationRequired"})
    world.open(url, answer="complete")
    assert world.api.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_portal_that_may_not_cancel_does_not_offer_it(world: World) -> None:
    subscription = world.subscribe(world.price())
    features: stripe.params.billing_portal.ConfigurationCreateParamsFeatures = {"invoice_history": {"enabled": True}}
    configuration = world.api.billing_portal.configurations.create({"features": features})
    made = world.api.billing_portal.sessions.create(
        {"customer": str(subscription.customer), "configuration": configuration.id}
    )
    assert "Cancel subscription" not in world.open(made.url).text
