"""Rewards at the same moment: a payment told by many, a payout against a refund, staff against staff.

Each lock and key is first shown to be needed: without it the invariants find what went wrong.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEvent, User
from billing.inserts import insert_once
from billing.models import Invoice, Payment, StripeEvent, StripeOrder
from billing.tasks import follow_events
from referrals.models import Referral, Reward, RewardEntry, RewardPayout
from referrals.services import decisions, maturing, payouts, rewards
from referrals.services.books import available_in
from referrals.services.decisions import approve_reward, refuse_reward
from referrals.services.maturing import mature, withdraw_if_undone
from referrals.services.payouts import give_back_payout, pay_out
from referrals.services.rewards import record_payment
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop, open_shop, receiver
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.referrals import bring, earned, make_paid, make_programme, promise, subscribed
from tests.invariants import assert_invariants

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
AT_ONCE = 32
ROUNDS = 20
# What a busy machine may let pass between a look and the write that follows from it.
PAUSE_S = 0.05
KEYS = ("reward_number_once", "reward_invoice_once")
_numbers = count()


@pytest.fixture(autouse=True)
def programme(transactional_db: None) -> None:
    make_programme()


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> Iterator[Shop]:
    with receiver() as hooks, open_shop(settings, hooks) as shop:
        yield shop


def person(name: str = "person") -> User:
    return make_user(f"{name}-{next(_numbers)}@example.com")


def a_pair() -> tuple[User, User]:
    referrer, friend = person("referrer"), person("friend")
    bring(referrer, friend)
    return referrer, friend


def look_at_referral(referred_id: UUID) -> Referral | None:
    """What `lock_referral` would be if it only looked."""
    found = Referral.objects.select_related("referrer", "referred").filter(referred=referred_id).first()
    time.sleep(PAUSE_S)
    return found


def look_at_reward(reward_id: UUID) -> Reward | None:
    """What `lock_reward` would be if it only looked."""
    found = Reward.objects.select_related("user", "referral").filter(pk=reward_id).first()
    time.sleep(PAUSE_S)
    return found


def look_at_person(user_id: UUID) -> User | None:
    return User.objects.filter(pk=user_id).first()


def pause_then(read: Callable[..., int]) -> Callable[..., int]:
    """A balance that is acted upon a moment after it was read."""

    def act(*asked: Any) -> int:
        found = read(*asked)
        time.sleep(PAUSE_S)
        return found

    return act


def is_sound() -> bool:
    try:
        assert_invariants()
    except AssertionError:
        return False
    return True


class TestAPaymentToldByMany:
    def tell(self, friend: User, invoices: list[Invoice]) -> None:
        """Everybody tells one of the payments, at the same moment."""

        def act(number: int) -> None:
            record_payment(user_id=friend.pk, invoice_id=invoices[number % len(invoices)].pk)

        assert crowd(AT_ONCE, act) == {"ok": AT_ONCE}

    @contextmanager
    def without_keys(self) -> Iterator[None]:
        """The table as it would be without its unique keys; emptied before it has them again."""
        with connection.cursor() as cursor:
            for key in KEYS:
                cursor.execute(f"ALTER TABLE referrals_reward DROP CONSTRAINT {key}")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE referrals_rewardentry, referrals_reward")
                cursor.execute(
                    f"ALTER TABLE referrals_reward ADD CONSTRAINT {KEYS[0]} UNIQUE (referral_id, kind, number)"
                )
                cursor.execute(
                    f"ALTER TABLE referrals_reward ADD CONSTRAINT {KEYS[1]} UNIQUE (referral_id, kind, invoice_id)"
                )

    def test_without_lock_and_keys_it_is_rewarded_again_and_again(self) -> None:
        _, friend = a_pair()
        invoice = make_paid(friend)
        with self.without_keys(), mock.patch.object(rewards, "lock_referral", look_at_referral):
            for _ in range(ROUNDS):
                self.tell(friend, [invoice])
                if not is_sound():
                    return
        pytest.fail("the negative control never lost the race, so the tests below prove nothing")

    def test_told_32_times_at_once_it_is_one_reward_for_each_of_the_two(self) -> None:
        for number in range(ROUNDS):
            _, friend = a_pair()
            self.tell(friend, [make_paid(friend)])
            assert Reward.objects.count() == RewardEntry.objects.count() == 2 * (number + 1)
        assert_invariants()

    def test_of_several_payments_at_once_one_is_the_first(self) -> None:
        now = timezone.now()
        for number in range(ROUNDS):
            _, friend = a_pair()
            self.tell(friend, [make_paid(friend, now) for _ in range(3)])
            assert Reward.objects.count() == 2 * (number + 1)
        assert_invariants()

    def test_without_the_lock_one_of_two_payments_is_not_rewarded(self) -> None:
        make_programme(mode="every")
        with mock.patch.object(rewards, "lock_referral", look_at_referral):
            for number in range(ROUNDS):
                _, friend = a_pair()
                self.tell(friend, [make_paid(friend) for _ in range(2)])
                if Reward.objects.count() < 4 * (number + 1):
                    return
        pytest.fail("the negative control never lost the race, so the test below proves nothing")

    def test_two_payments_at_once_are_each_rewarded_once(self) -> None:
        make_programme(mode="every")
        for number in range(ROUNDS):
            _, friend = a_pair()
            self.tell(friend, [make_paid(friend) for _ in range(2)])
            assert Reward.objects.count() == 4 * (number + 1)
        assert_invariants()


class TestThroughTheWebhook:
    def deliver_at_once(self, shop: Shop, customer: str) -> None:
        """Doubles and distinct events mixed: everybody makes one delivery, of an event that others deliver too, and does a worker's job."""
        events = shop.events()
        assert 1 < len(events) <= AT_ONCE // 2

        def act(number: int) -> None:
            assert shop.deliver(events[number % len(events)]) == 200
            follow_events.func.__wrapped__(customer_id=customer)

        assert crowd(AT_ONCE, act) == {"ok": AT_ONCE}

    def test_32_deliveries_of_a_first_payment_are_one_reward(self, shop: Shop) -> None:
        # The catalogue's own.
        shop.events()
        for number in range(ROUNDS):
            _, friend = a_pair()
            customer = payer(shop, friend, "pm_card_mastercard")
            subscribe(shop, customer)
            self.deliver_at_once(shop, customer)
            assert Reward.objects.filter(kind="referrer").count() == number + 1
            assert Reward.objects.filter(kind="friend").count() == number + 1
        waiting = StripeEvent.objects.exclude(customer_id="").exclude(state=StripeEvent.State.DONE)
        assert not waiting.exists()
        assert_invariants()


def pay_back(reward: Reward) -> None:
    Payment.objects.filter(invoice=reward.invoice_id).update(refunded_minor=499, synced_at=timezone.now())


class TestAPayoutAgainstARefund:
    AT_ONCE = 6

    def race(self) -> None:
        """What was earned is sent to an invoice, and its payment goes back, at the same moment."""
        referrer = subscribed(person("referrer"))
        reward = earned(referrer, person("friend"))
        pay_back(reward)

        def act(number: int) -> None:
            if number % 2:
                withdraw_if_undone(reward.pk)
            else:
                pay_out(referrer.pk)

        crowd(self.AT_ONCE, act)

    def test_without_the_lock_it_is_spent_and_taken_back_without_a_debt(self) -> None:
        # The unique keys of the books let one of each through; what they cannot see is that both spend the same money.
        with (
            mock.patch.object(payouts, "lock_person", look_at_person),
            mock.patch.object(maturing, "lock_reward", look_at_reward),
            mock.patch.object(payouts, "available_in", pause_then(available_in)),
            mock.patch.object(rewards, "available_in", pause_then(available_in)),
        ):
            for _ in range(ROUNDS):
                self.race()
                if not is_sound():
                    return
        pytest.fail("the negative control never lost the race, so the test below proves nothing")

    def test_it_is_either_taken_back_or_owed(self) -> None:
        for _ in range(ROUNDS):
            self.race()
        assert_invariants()
        assert Reward.objects.filter(kind="referrer", state="taken_back").count() == ROUNDS
        spent, owed = (RewardEntry.objects.filter(kind=kind).count() for kind in ("spent", "debt"))
        assert spent == owed == RewardPayout.objects.count()

    def test_of_many_runs_at_once_one_sends_it(self) -> None:
        for _ in range(ROUNDS):
            referrer = subscribed(person("referrer"))
            earned(referrer, person("friend"))
            assert crowd(self.AT_ONCE, lambda number: pay_out(referrer.pk)) == {"ok": self.AT_ONCE}  # noqa: B023
        assert RewardPayout.objects.count() == ROUNDS
        assert_invariants()

    def test_of_many_runs_at_once_one_earns_it(self) -> None:
        for _ in range(ROUNDS):
            reward = promise(person("referrer"), person("friend"), timezone.now() - timedelta(days=40))
            assert crowd(self.AT_ONCE, lambda number: mature(reward.pk)) == {"ok": self.AT_ONCE}  # noqa: B023
        assert Reward.objects.filter(state="earned").count() == ROUNDS
        assert_invariants()


class TestStaffAtOnce:
    AT_ONCE = 6

    def held(self) -> Reward:
        referrer, friend = a_pair()
        make_paid(referrer, card="a" * 64)
        reward = promise(referrer, friend, card="a" * 64)
        assert reward.state == "held"
        # A card of the former round's people is nobody's of this one.
        Payment.objects.update(card_fingerprint_hash="")
        return reward

    def decide(self, reward: Reward, sam: User, *, refunded: bool = False) -> dict[str, int]:
        """Members of staff approve and refuse; with `refunded` the job that looks for payments that went back comes by, too."""
        if refunded:
            pay_back(reward)

        def act(number: int) -> None:
            if refunded and number % 3 == 2:
                withdraw_if_undone(reward.pk)
            elif number % 2:
                approve_reward(reward_id=reward.pk, by=sam, reason="Approved")
            else:
                refuse_reward(reward_id=reward.pk, by=sam, reason="Refused")

        return crowd(self.AT_ONCE, act)

    def test_without_the_lock_both_decisions_count_and_the_books_are_wrong(self) -> None:
        sam = person("sam")
        with mock.patch.object(decisions, "lock_reward", look_at_reward):
            for _ in range(ROUNDS):
                found = self.decide(self.held(), sam)
                if found.get("ok", 0) > 1 and not is_sound():
                    return
        pytest.fail("the negative control never lost the race, so the tests below prove nothing")

    def test_one_decision_counts(self) -> None:
        sam = person("sam")
        for number in range(ROUNDS):
            reward = self.held()
            assert self.decide(reward, sam) == {"ok": 1, "reward_decided": self.AT_ONCE - 1}
            assert AuditEvent.objects.filter(action__startswith="reward_").count() == number + 1
            act = AuditEvent.objects.get(target_id=str(reward.pk)).action
            reward.refresh_from_db()
            decided = {"reward_approved": ("pending", "Approved"), "reward_refused": ("refused", "Refused")}
            assert (reward.state, reward.decision_note) == decided[act]
        assert_invariants()

    def test_a_decision_and_a_refund_at_once_leave_the_books_right(self) -> None:
        sam = person("sam")
        for _ in range(ROUNDS):
            reward = self.held()
            assert set(self.decide(reward, sam, refunded=True)) <= {"ok", "reward_decided"}
            reward.refresh_from_db()
            assert reward.state in ("cancelled", "refused")
            assert sum(reward.entries.values_list("pending_minor", flat=True)) == 0
        assert_invariants()


class TestStaffAtAPayoutWhoseOrderIsGone:
    AT_ONCE = 2

    def give_back(self, sam: User) -> dict[str, int]:
        """Two members of staff say at the same moment that nothing came of it."""
        referrer = subscribed(person("referrer"))
        earned(referrer, person("friend"))
        assert pay_out(referrer.pk)
        StripeOrder.objects.all().delete()
        payout = RewardPayout.objects.get(user=referrer)
        return crowd(self.AT_ONCE, lambda number: give_back_payout(payout_id=payout.pk, by=sam))

    def test_without_the_lock_both_find_it_under_way(self) -> None:
        together = threading.Barrier(self.AT_ONCE)

        def look(payout_id: UUID) -> RewardPayout:
            """What `lock_payout` would be if it only looked."""
            payout = RewardPayout.objects.select_related("user").get(pk=payout_id)
            together.wait(30)
            return payout

        with mock.patch.object(payouts, "lock_payout", look):
            found = self.give_back(person("sam"))
        # The books' key alone refuses the second.
        assert sorted(outcome.split(":")[0] for outcome in found) == ["IntegrityError", "ok"]

    def test_one_of_them_gives_it_back(self) -> None:
        sam = person("sam")
        for number in range(ROUNDS):
            assert self.give_back(sam) == {"ok": 1, "payout_has_outcome": 1}
            assert RewardEntry.objects.filter(kind="returned").count() == number + 1
            assert AuditEvent.objects.filter(action="reward_payout_returned").count() == number + 1
        assert_invariants()


def test_the_insert_that_doubles_meet_is_the_databases(transactional_db: None) -> None:
    _, friend = a_pair()
    referrer_reward = promise(Referral.objects.get(referred=friend).referrer, friend)
    double = Reward.objects.get(pk=referrer_reward.pk)
    double.pk = UUID(int=1)
    assert insert_once(double) is False
