"""Credit for what a person has earned: once at Stripe, on their next invoice, and in the books as a reward."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from billing.errors import NobodyToCredit
from billing.models import Discrepancy, LedgerEntry, StripeCustomer, StripeOrder, Subscription
from billing.services.credit import CreditOutcome, credit_currency, credit_outcome, give_credit
from billing.services.orders import KEYS_LIVE, finish_open_orders
from nexusvpn.errors import InvalidInput
from tests.billing.killed import Killed, at_every_point, kill_at
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.factories.accounts import make_user
from tests.factories.payments import make_customer, make_subscription
from tests.invariants import assert_invariants
from tests.jobs import run_due_jobs

pytestmark = pytest.mark.django_db


def give(user: User, key: str = "payout-1", amount: int = 300, currency: str = "USD") -> None:
    give_credit(user=user, key=key, amount_minor=amount, currency=currency, note="Reward for a friend")


def credits_of(shop: Shop, user: User) -> list[int]:
    """What was given at Stripe, as positive amounts."""
    customer = StripeCustomer.objects.get(user=user).stripe_id
    found = shop.api.customers.balance_transactions.list(customer, {"limit": 100}).data
    return [-one.amount for one in found if one.type == "adjustment"]


@pytest.fixture
def subscription(shop: Shop, alice: User) -> Subscription:
    subscribe(shop, payer(shop, alice))
    shop.catch_up()
    return Subscription.objects.get()


def test_it_is_taken_off_the_next_invoice_which_says_so(shop: Shop, alice: User, subscription: Subscription) -> None:
    give(alice)
    assert credit_outcome(alice, "payout-1") == CreditOutcome("open", "")
    assert credits_of(shop, alice) == []
    run_due_jobs("payments")
    done = credit_outcome(alice, "payout-1")
    assert done.state == "done"
    assert StripeCustomer.objects.get().balance_minor == -300
    entry = LedgerEntry.objects.get(account="credit")
    assert (entry.kind, entry.amount_minor, entry.currency, entry.source) == ("reward", 300, "USD", done.result)
    assert_invariants()
    shop.advance(days=32)
    shop.catch_up()
    invoice = shop.api.invoices.list({"customer": subscription.customer_id}).data[0]
    assert (invoice.total, invoice.starting_balance, invoice.amount_due, invoice.amount_paid) == (499, -300, 199, 199)
    assert StripeCustomer.objects.get().balance_minor == 0
    kinds = LedgerEntry.objects.filter(account="credit").values_list("kind", "amount_minor")
    assert sorted(kinds) == [("credit_used", -300), ("reward", 300)]
    assert_invariants()


def test_credit_that_staff_give_at_stripe_is_no_reward(shop: Shop, alice: User, subscription: Subscription) -> None:
    shop.api.customers.balance_transactions.create(subscription.customer_id, {"amount": -200, "currency": "usd"})
    shop.catch_up()
    assert LedgerEntry.objects.get(account="credit").kind == "credit"


def test_the_same_key_is_one_credit_also_after_it_was_given(
    shop: Shop, alice: User, subscription: Subscription
) -> None:
    for _ in range(2):
        give(alice)
        give(alice)
        run_due_jobs("payments")
    assert credits_of(shop, alice) == [300]
    give(alice, key="payout-2", amount=100)
    run_due_jobs("payments")
    assert credits_of(shop, alice) == [100, 300]


def test_it_is_asked_for_with_the_callers_transaction_or_not_at_all(alice: User) -> None:
    make_customer(alice)
    with transaction.atomic():
        give(alice)
        transaction.set_rollback(True)
    assert credit_outcome(alice, "payout-1") == CreditOutcome("unknown", "")
    assert not StripeOrder.objects.exists()


def test_a_job_that_is_killed_anywhere_gives_it_once(shop: Shop) -> None:
    users = [make_user(f"p{number}@example.com") for number in range(3)]
    for user in users:
        payer(shop, user)

    def act(number: int) -> None:
        give(users[number])
        finish_open_orders()

    def again(number: int) -> None:
        assert (finish_open_orders(), finish_open_orders()) == (1, 0)
        assert credits_of(shop, users[number]) == [300]
        assert credit_outcome(users[number], "payout-1").state == "done"

    assert at_every_point(act, again) == 2


def test_without_keys_a_killed_job_gives_it_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr("billing.services.order_requests.keyed", lambda key: {})
    users = [make_user(f"p{number}@example.com") for number in range(3)]
    for user in users:
        payer(shop, user)

    def act(number: int) -> None:
        give(users[number])
        finish_open_orders()

    at_every_point(act, lambda number: finish_open_orders())
    assert sorted(sum(credits_of(shop, user)) for user in users) == [300, 300, 600]


def test_one_whose_key_stripe_has_forgotten_is_looked_for_first(
    shop: Shop, alice: User, subscription: Subscription
) -> None:
    give(alice)
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, 0, after=True)
        with pytest.raises(Killed):
            finish_open_orders()
    StripeOrder.objects.update(created_at=timezone.now() - KEYS_LIVE)
    # Stripe would take the forgotten key for a new one.
    shop.server.sandbox.keys._known.clear()
    assert finish_open_orders() == 1
    assert credits_of(shop, alice) == [300]


def test_another_currency_is_refused_and_staff_see_it(shop: Shop, alice: User, subscription: Subscription) -> None:
    give(alice, currency="EUR")
    run_due_jobs("payments")
    assert credit_outcome(alice, "payout-1").state == "refused"
    assert credits_of(shop, alice) == []
    assert Discrepancy.objects.get(kind="order_refused").object_id == "credit payout-1"


def test_a_customer_whom_stripe_has_no_longer_gets_none(shop: Shop, alice: User, subscription: Subscription) -> None:
    give(alice)
    shop.api.customers.delete(subscription.customer_id)
    run_due_jobs("payments")
    assert credit_outcome(alice, "payout-1") == CreditOutcome("refused", "payment_object_missing")


def test_stripe_away_it_is_given_later(shop: Shop, alice: User, subscription: Subscription) -> None:
    give(alice)
    shop.post("faults", mode="500", count=50)
    run_due_jobs("payments")
    assert credit_outcome(alice, "payout-1").state == "open"
    shop.post("faults", mode="500", count=0)
    assert finish_open_orders() == 1
    assert credits_of(shop, alice) == [300]


def test_who_never_bought_anything_has_no_invoice_to_take_it_from(alice: User) -> None:
    assert credit_currency(alice) == ""
    with pytest.raises(NobodyToCredit):
        give(alice)


@pytest.mark.parametrize("amount", [0, -1])
def test_it_is_more_than_nothing(alice: User, amount: int) -> None:
    make_customer(alice)
    with pytest.raises(InvalidInput):
        give(alice, amount=amount)


@pytest.mark.parametrize(
    ("fields", "currency"),
    [
        ({}, "EUR"),
        ({"status": "trialing"}, "EUR"),
        ({"status": "past_due"}, "EUR"),
        ({"status": "unpaid"}, ""),
        ({"status": "canceled", "ended_at": timezone.now()}, ""),
        ({"cancel_at_period_end": True}, ""),
        ({"cancel_at": timezone.now() + timedelta(days=3)}, ""),
        ({"pause_behavior": "void"}, ""),
        ({"withheld": "disputed"}, ""),
        ({"is_surplus": True}, ""),
    ],
)
def test_credit_is_for_whoever_gets_another_invoice(alice: User, fields: dict[str, Any], currency: str) -> None:
    make_subscription(alice, customer=make_customer(alice, currency="EUR"), **fields)
    assert credit_currency(alice) == currency


def test_before_the_first_sync_the_price_says_the_currency(alice: User) -> None:
    make_subscription(alice)
    assert credit_currency(alice) == "USD"


@pytest.mark.parametrize("field", ["erased_at", "deletion_due_at"])
def test_whoever_leaves_gets_no_credit_any_more(alice: User, field: str) -> None:
    make_subscription(alice)
    setattr(alice, field, timezone.now())
    assert credit_currency(alice) == ""
