"""Rewards from a friend's payment to the referrer's invoice, and back, at a real Stripe sandbox."""

from __future__ import annotations

import pytest

from accounts.models import User
from billing.models import Invoice, LedgerEntry, Payment, StripeCustomer, Subscription
from billing.services.checkout import open_checkout
from billing.services.orders import finish_open_orders
from billing.services.sync import sync_customer
from referrals.models import Reward, RewardAmount, RewardEntry, RewardPayout
from referrals.services.books import Balance, balances
from referrals.services.maturing import withdraw_undone_rewards
from referrals.services.payouts import follow_payouts, pay_out, pay_out_rewards
from tests.billing.buying import pay
from tests.billing.killed import at_every_point
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.factories.accounts import make_user
from tests.factories.referrals import bring, make_programme
from tests.invariants import assert_invariants
from tests.queries import recorded_queries
from tests.referrals.paying import (
    FRIENDS,
    REFERRERS,
    charge_of,
    credits_at_stripe,
    friend_pays,
    let_the_hold_pass,
    refund,
    send_credit,
    start_paying,
)
from tests.referrals.promises import state_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
State = Reward.State


def kinds(user: User) -> list[str]:
    return list(RewardEntry.objects.filter(user=user).order_by("id").values_list("kind", flat=True))


def test_a_reward_is_seen_on_the_referrers_next_invoice(shop: Shop, alice: User, bob: User) -> None:
    customer = start_paying(shop, alice, REFERRERS)
    reward = friend_pays(shop, alice, bob)
    assert (reward.state, reward.amount_minor, reward.currency) == (State.PENDING, 500, "USD")
    assert send_credit() == 0, "nothing is sent before it is earned"
    assert let_the_hold_pass() == 2
    assert send_credit() == 2
    assert set(RewardPayout.objects.values_list("state", flat=True)) == {"done"}
    assert credits_at_stripe(shop, alice) == [500]
    assert StripeCustomer.objects.get(pk=customer).balance_minor == -500
    assert kinds(alice) == ["pending", "earned", "spent"]
    assert_invariants()
    shop.advance(days=32)
    shop.catch_up()
    invoice = shop.api.invoices.list({"customer": customer}).data[0]
    assert (invoice.total, invoice.starting_balance, invoice.amount_due, invoice.ending_balance) == (499, -500, 0, -1)
    booked = LedgerEntry.objects.filter(user=alice, account="credit").values_list("kind", "amount_minor")
    assert sorted(booked) == [("credit_used", -499), ("reward", 500)]
    assert Reward.objects.count() == 2, "an invoice that credit paid is no payment"
    assert_invariants()


def test_every_event_told_twice_and_all_of_it_again_is_one_reward(shop: Shop, alice: User, bob: User) -> None:
    bring(alice, bob)
    customer = payer(shop, bob, FRIENDS)
    subscribe(shop, customer)
    events = shop.events()
    for event in [*events, *reversed(events)]:
        assert shop.deliver(event) == 200
    shop.catch_up()
    for _ in range(2):
        sync_customer(customer, everything=True)
    assert sorted(Reward.objects.values_list("kind", flat=True)) == ["friend", "referrer"]
    assert_invariants()


def test_a_sync_that_orders_something_of_stripe_locks_nobody_afterwards(shop: Shop, alice: User, bob: User) -> None:
    """Whoever chooses a language has their own row first, and then waits for the same order and job."""
    bring(alice, bob)
    customer = payer(shop, bob, FRIENDS)
    subscribe(shop, customer)
    User.objects.filter(pk=bob.pk).update(language="de")
    with recorded_queries() as statements:
        sync_customer(customer, everything=True)
    (ordered,) = [at for at, sql in enumerate(statements) if 'INSERT INTO "billing_stripeorder"' in sql]
    locked = [at for at, sql in enumerate(statements) if "FOR " in sql and "UPDATE" in sql and '"accounts_user"' in sql]
    assert locked
    assert max(locked) < ordered


class TestGoingBack:
    def test_a_refund_within_the_hold(self, shop: Shop, alice: User, bob: User) -> None:
        reward = friend_pays(shop, alice, bob)
        refund(shop, bob)
        assert state_of(reward) == State.CANCELLED
        assert let_the_hold_pass() == 0
        assert balances(alice) == balances(bob) == {"USD": Balance(0, 0)}
        assert_invariants()

    def test_a_refund_that_nobody_looked_for_within_the_hold(self, shop: Shop, alice: User, bob: User) -> None:
        reward = friend_pays(shop, alice, bob)
        shop.api.refunds.create({"charge": charge_of(bob)})
        shop.catch_up()
        assert let_the_hold_pass() == 0
        assert state_of(reward) == State.CANCELLED

    @pytest.mark.parametrize(("parts", "state"), [([249], "pending"), ([250], "cancelled"), ([200, 50], "cancelled")])
    def test_parts_count_together_from_the_half_on(
        self, shop: Shop, alice: User, bob: User, parts: list[int], state: str
    ) -> None:
        reward = friend_pays(shop, alice, bob)
        for part in parts:
            refund(shop, bob, part)
        assert state_of(reward) == state
        assert_invariants()

    def test_a_refund_after_spending_is_a_debt_and_nobody_is_charged(self, shop: Shop, alice: User, bob: User) -> None:
        start_paying(shop, alice, REFERRERS)
        reward = friend_pays(shop, alice, bob)
        let_the_hold_pass()
        send_credit()
        refund(shop, bob)
        assert state_of(reward) == State.TAKEN_BACK
        assert kinds(alice) == ["pending", "earned", "spent", "debt"]
        assert balances(alice) == {"USD": Balance(0, -500)}
        assert_invariants()
        assert send_credit() == 0
        assert credits_at_stripe(shop, alice) == [500]
        assert Payment.objects.filter(user=alice).count() == 1

    def test_a_dispute_that_is_lost_and_one_that_is_won(
        self, shop: Shop, alice: User, bob: User, charlie: User
    ) -> None:
        lost = friend_pays(shop, alice, bob, "pm_card_mastercard")
        dispute = shop.post("disputes", charge=charge_of(bob))["id"]
        shop.catch_up()
        withdraw_undone_rewards()
        assert let_the_hold_pass() == 0
        assert state_of(lost) == State.PENDING
        shop.post("disputes/decide", dispute=dispute, outcome="lost")
        shop.catch_up()
        withdraw_undone_rewards()
        assert state_of(lost) == State.CANCELLED
        won = friend_pays(shop, bob, charlie, "pm_card_visa")
        dispute = shop.post("disputes", charge=charge_of(charlie))["id"]
        shop.post("disputes/decide", dispute=dispute, outcome="won")
        shop.catch_up()
        withdraw_undone_rewards()
        assert state_of(won) == State.PENDING
        assert let_the_hold_pass() == 2
        assert_invariants()

    @pytest.mark.parametrize(("outcome", "state", "last"), [("won", "earned", "spent"), ("lost", "taken_back", "debt")])
    def test_a_dispute_after_spending_is_a_debt_once_it_is_lost(
        self, shop: Shop, alice: User, bob: User, outcome: str, state: str, last: str
    ) -> None:
        start_paying(shop, alice, REFERRERS)
        reward = friend_pays(shop, alice, bob)
        let_the_hold_pass()
        send_credit()
        dispute = shop.post("disputes", charge=charge_of(bob))["id"]
        shop.catch_up()
        withdraw_undone_rewards()
        assert kinds(alice)[-1] == "spent"
        shop.post("disputes/decide", dispute=dispute, outcome=outcome)
        shop.catch_up()
        withdraw_undone_rewards()
        assert (state_of(reward), kinds(alice)[-1]) == (state, last)
        assert_invariants()


def test_of_a_second_subscription_nothing_is_rewarded(shop: Shop, alice: User, bob: User) -> None:
    bring(alice, bob)
    page = open_checkout(user=bob, plan="basic", interval="month")
    customer = StripeCustomer.objects.get(user=bob).pk
    method = shop.api.payment_methods.attach(FRIENDS, {"customer": customer})
    first = subscribe(shop, customer, default_payment_method=method.id)
    shop.advance(seconds=60)
    pay(shop, page)
    shop.catch_up()
    shop.catch_up()
    assert Subscription.objects.filter(user=bob, is_surplus=True).count() == 1
    kept = Invoice.objects.get(subscription=first)
    assert set(Reward.objects.values_list("invoice_id", flat=True)) == {kept.pk}
    withdraw_undone_rewards()
    assert set(Reward.objects.values_list("state", flat=True)) == {"pending"}
    assert_invariants()


def test_every_payment_of_the_first_months(shop: Shop, alice: User, bob: User) -> None:
    make_programme(mode="every", months=2)
    friend_pays(shop, alice, bob)
    for _ in range(3):
        shop.advance(days=31)
        shop.catch_up()
    assert Invoice.objects.filter(user=bob, status="paid").count() == 4
    numbers = Reward.objects.filter(kind="referrer").order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2]
    assert_invariants()


def test_ones_own_card_is_held(shop: Shop, alice: User, bob: User) -> None:
    start_paying(shop, alice, REFERRERS)
    reward = friend_pays(shop, alice, bob, REFERRERS)
    assert (reward.state, reward.reasons) == (State.HELD, ["same_card"])
    assert let_the_hold_pass() == 0
    assert send_credit() == 0


class TestPayouts:
    @pytest.fixture
    def reward(self, shop: Shop, alice: User, bob: User) -> Reward:
        start_paying(shop, alice, REFERRERS)
        reward = friend_pays(shop, alice, bob)
        let_the_hold_pass()
        return reward

    def test_refused_by_the_provider_it_comes_back(self, shop: Shop, alice: User, reward: Reward) -> None:
        pay_out_rewards()
        shop.api.customers.delete(StripeCustomer.objects.get(user=alice).pk)
        run = finish_open_orders()
        assert run == 1, "that of the friend"
        assert follow_payouts() == 2
        assert RewardPayout.objects.get(user=alice).state == "refused"
        assert kinds(alice) == ["pending", "earned", "spent", "returned"]
        assert balances(alice) == {"USD": Balance(0, 500)}
        shop.catch_up()
        assert pay_out_rewards() == 0, "there is nobody at the provider to be credited"
        assert_invariants()

    def test_with_the_provider_away_it_waits_and_is_sent_once(self, shop: Shop, alice: User, reward: Reward) -> None:
        pay_out_rewards()
        shop.post("faults", mode="500", count=50, path="/v1/customers")
        assert finish_open_orders() == 0
        assert follow_payouts() == 0
        assert balances(alice) == {"USD": Balance(0, 0)}
        shop.post("faults", mode="500", count=0)
        assert finish_open_orders() == 2
        assert follow_payouts() == 2
        assert credits_at_stripe(shop, alice) == [500]
        assert_invariants()


def test_a_payout_that_is_killed_anywhere_is_credited_once(shop: Shop) -> None:
    """Before the request to the provider leaves, and after it has acted: whoever comes next completes it."""
    RewardAmount.objects.update(friend_minor=0)
    people = [make_user(f"referrer-{number}@example.com") for number in range(3)]
    for number, referrer in enumerate(people):
        start_paying(shop, referrer, REFERRERS)
        friend_pays(shop, referrer, make_user(f"friend-{number}@example.com"))
    assert let_the_hold_pass() == 3

    def act(number: int) -> None:
        assert pay_out(people[number].pk)
        finish_open_orders()

    def again(number: int) -> None:
        assert not pay_out(people[number].pk), "it is under way"
        assert finish_open_orders() == 1
        assert follow_payouts() == 1
        assert credits_at_stripe(shop, people[number]) == [500]
        assert RewardPayout.objects.get(user=people[number]).state == "done"
        assert_invariants()

    assert at_every_point(act, again) == 2
