"""Cards, payment intents, charges, refunds, disputes, the balance; and money in all its currencies."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from billing.sandbox.money import share, written
from tests.billing.sandbox.world import World


def charge(world: World, amount: int = 1000, currency: str = "usd", card: str = "pm_card_visa") -> stripe.Charge:
    intent = world.api.payment_intents.create(
        {"amount": amount, "currency": currency, "payment_method": card, "confirm": True}
    )
    return world.api.charges.retrieve(str(intent.latest_charge))


@pytest.mark.parametrize(
    ("card", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_a_declined_card_says_why(world: World, card: str, code: str, decline: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        charge(world, card=card)
    assert refused.value.http_status == 402
    assert refused.value.code == code
    assert refused.value.error
    assert refused.value.error.decline_code == decline
    failed = world.api.charges.list().data[0]
    assert (failed.status, failed.failure_code, failed.paid) == ("failed", code, False)
    assert world.settled() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


def test_a_declining_card_cannot_be_stored(world: World) -> None:
    customer = world.api.customers.create({})
    with pytest.raises(stripe.CardError):
        world.api.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})
    assert world.api.payment_methods.list({"customer": customer.id}).data == []


def test_off_session_a_card_that_must_be_asked_is_declined(world: World) -> None:
    with pytest.raises(stripe.CardError) as refused:
        world.api.payment_intents.create(
            {
                "amount": 100,
                "currency": "usd",
                "payment_method": "pm_card_authenticationRequired",
                "confirm": True,
                "off_session": True,
            }
        )
    assert refused.value.code == "authentication_required"


def test_methods_are_made_listed_changed_and_detached(world: World) -> None:
    customer = world.payer()
    card: Any = {"number": "5555555555554444", "exp_month": 1, "exp_year": 2030, "cvc": "123"}
    method = world.api.payment_methods.create({"type": "card", "card": card})
    world.api.payment_methods.attach(method.id, {"customer": customer.id})
    assert len(world.api.customers.payment_methods.list(customer.id).data) == 2
    assert world.api.payment_methods.update(method.id, {"card": {"exp_year": 2031}}).card.exp_year == 2031  # type: ignore[union-attr]
    world.api.payment_methods.detach(method.id)
    with pytest.raises(stripe.InvalidRequestError):
        world.api.customers.payment_methods.retrieve(customer.id, method.id)
    default = customer.invoice_settings and customer.invoice_settings.default_payment_method
    world.api.payment_methods.detach(str(default))
    settings = world.api.customers.retrieve(customer.id).invoice_settings
    assert settings
    assert settings.default_payment_method is None


def test_a_succeeded_intent_cannot_be_confirmed_or_canceled(world: World) -> None:
    intent = str(charge(world).payment_intent)
    for verb in (world.api.payment_intents.confirm, world.api.payment_intents.cancel):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            verb(intent)
        assert refused.value.code == "payment_intent_unexpected_state"


def test_a_charge_is_booked_with_its_fee(world: World) -> None:
    paid = charge(world, 1000)
    entry = world.api.balance_transactions.retrieve(str(paid.balance_transaction))
    assert (entry.amount, entry.fee, entry.net, entry.type, entry.source) == (1000, 59, 941, "charge", paid.id)
    assert world.api.balance.retrieve().pending[0].amount == 941
    world.advance(days=3)
    assert world.api.balance.retrieve().available[0].amount == 941


def test_refunds_in_parts_until_nothing_is_left(world: World) -> None:
    paid = charge(world, 1000)
    refund = world.api.refunds.create({"charge": paid.id, "amount": 400, "reason": "requested_by_customer"})
    assert refund.status == "succeeded"
    assert (world.api.charges.retrieve(paid.id).amount_refunded, world.api.charges.retrieve(paid.id).refunded) == (
        400,
        False,
    )
    with pytest.raises(stripe.InvalidRequestError):
        world.api.refunds.create({"charge": paid.id, "amount": 601})
    world.api.refunds.create({"payment_intent": str(paid.payment_intent)})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        world.api.refunds.create({"charge": paid.id})
    assert refused.value.code == "charge_already_refunded"
    assert world.api.charges.retrieve(paid.id).refunded
    assert [entry.amount for entry in world.api.balance_transactions.list({"type": "refund"}).data] == [-600, -400]
    assert world.settled().count("charge.refunded") == 2


@pytest.mark.parametrize(
    ("outcome", "status", "balance"), [("won", "won", 1000 - 59 - 1500), ("lost", "lost", -59 - 1500)]
)
def test_a_dispute_takes_the_money_and_perhaps_gives_it_back(
    world: World, outcome: str, status: str, balance: int
) -> None:
    paid = charge(world, 1000)
    dispute = world.post("disputes", charge=paid.id)
    assert world.api.charges.retrieve(paid.id).disputed
    world.api.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": "It was used."}})
    assert world.api.disputes.retrieve(dispute["id"]).status == "under_review"
    world.post("disputes/decide", dispute=dispute["id"], outcome=outcome)
    assert world.api.disputes.retrieve(dispute["id"]).status == status
    assert sum(entry.net for entry in world.api.balance_transactions.list().data) == balance
    types = [type for type in world.settled() if type.startswith("charge.dispute")]
    assert types[:2] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert ("charge.dispute.funds_reinstated" in types) == (outcome == "won")


def test_a_card_is_disputed_by_itself_and_the_dispute_can_be_given_up(world: World) -> None:
    paid = charge(world, card="pm_card_createDispute")
    dispute = world.api.disputes.list().data[0]
    assert dispute.charge == paid.id
    with pytest.raises(stripe.InvalidRequestError):
        world.api.refunds.create({"charge": paid.id})
    assert world.api.disputes.close(dispute.id).status == "lost"


def test_several_currencies_of_one_price_and_no_cents_in_yen(world: World) -> None:
    options: Any = {"eur": {"unit_amount": 459}, "jpy": {"unit_amount": 700}}
    price = world.price(499, currency_options=options)
    for currency, amount, text in (("usd", 499, "4.99 USD"), ("eur", 459, "4.59 EUR"), ("jpy", 700, "700 JPY")):
        subscription = world.subscribe(price, currency=currency)
        invoice = world.api.invoices.retrieve(str(subscription.latest_invoice))
        assert (invoice.currency, invoice.amount_paid) == (currency, amount)
        assert text in str(invoice.lines.data[0].description)
    with pytest.raises(stripe.InvalidRequestError):
        world.subscribe(price, currency="gbp")


def test_money_is_rounded_half_away_from_zero_and_written_as_its_currency_is() -> None:
    assert (share(5, 1, 2), share(-5, 1, 2), share(999, 1, 3), share(0, 1, 3)) == (3, -3, 333, 0)
    assert (written(5, "usd"), written(-1234, "eur"), written(1234, "jpy")) == ("0.05 USD", "-12.34 EUR", "1234 JPY")


@pytest.mark.parametrize(
    ("coupon", "totals"),
    [
        ({"percent_off": 25, "duration": "forever"}, [750, 750, 750]),
        ({"amount_off": 300, "currency": "usd", "duration": "once"}, [1000, 1000, 700]),
        ({"percent_off": 100, "duration": "repeating", "duration_in_months": 2}, [1000, 0, 0]),
        ({"amount_off": 300, "currency": "eur", "duration": "forever"}, [1000, 1000, 1000]),
    ],
)
def test_coupons_last_as_long_as_they_say(world: World, coupon: Any, totals: list[int]) -> None:
    made = world.api.coupons.create(coupon)
    subscription = world.subscribe(world.price(1000), discounts=[{"coupon": made.id}])
    world.advance(days=63)
    found = [one.total for one in world.api.invoices.list({"subscription": subscription.id}).data]
    assert found == totals
    assert world.api.coupons.retrieve(made.id).times_redeemed == 1


def test_credit_pays_the_next_invoice(world: World) -> None:
    customer = world.payer()
    world.api.customers.balance_transactions.create(customer.id, {"amount": -600, "currency": "usd"})
    price = world.price(500)
    first, second = world.subscribe(price, customer), world.subscribe(price, customer)
    paid = [world.api.invoices.retrieve(str(one.latest_invoice)).amount_paid for one in (first, second)]
    assert paid == [0, 400]
    assert world.api.customers.retrieve(customer.id).balance == 0
    endings = [entry.ending_balance for entry in world.api.customers.balance_transactions.list(customer.id).data]
    assert endings == [0, -100, -600]
