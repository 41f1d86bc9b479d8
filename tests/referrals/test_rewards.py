"""What is promised for a friend's payment: when, to whom, how much. Without Stripe."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from billing.models import Invoice, Payment, StripeCustomer
from referrals.models import Referral, ReferralProgramme, Reward, RewardAmount, RewardEntry
from referrals.services.books import Balance, balances
from referrals.services.decisions import approve_reward
from referrals.services.maturing import mature_due_rewards, withdraw_undone_rewards
from referrals.services.rewards import record_payment
from tests.factories.accounts import make_user
from tests.factories.payments import make_invoice, make_payment, make_subscription
from tests.factories.referrals import bring, make_paid, make_programme, promise
from tests.invariants import assert_invariants
from tests.referrals.promises import LONG_AGO, pay_back, promised, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
State = Reward.State


def months_after(invoice: Invoice, days: int) -> Invoice:
    assert invoice.paid_at
    return make_paid(invoice.user, invoice.paid_at + timedelta(days=days))


class TestPromising:
    def test_the_first_payment_is_worth_something_to_both(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        invoice = make_paid(bob)
        assert len(record_payment(user_id=bob.pk, invoice_id=invoice.pk)) == 2
        assert promised() == [
            ("Alice", "referrer", 1, 500, "USD", "pending"),
            ("Bob", "friend", 1, 500, "USD", "pending"),
        ]
        assert invoice.paid_at
        assert {reward.matures_at for reward in Reward.objects.all()} == {invoice.paid_at + timedelta(days=30)}
        assert balances(alice) == balances(bob) == {"USD": Balance(500, 0)}
        assert_invariants()

    def test_told_again_it_is_worth_nothing_more(self, alice: User, bob: User) -> None:
        promise(alice, bob)
        assert record_payment(user_id=bob.pk, invoice_id=Reward.objects.first().invoice_id) == []  # type: ignore[union-attr]
        assert len(promised()) == 2
        assert_invariants()

    def test_nobody_is_rewarded_for_a_sign_up(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        assert promised() == []

    def test_who_was_brought_by_nobody_is_worth_nothing(self, bob: User) -> None:
        assert record_payment(user_id=bob.pk, invoice_id=make_paid(bob).pk) == []

    def test_an_invoice_of_nothing_is_no_payment(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        trial = make_invoice(bob, total_minor=0, amount_paid_minor=0)
        assert record_payment(user_id=bob.pk, invoice_id=trial.pk) == []
        assert record_payment(user_id=bob.pk, invoice_id="in_unknown") == []

    def test_a_later_payment_is_worth_nothing(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob)
        later = months_after(Invoice.objects.get(pk=reward.invoice_id), 30)
        assert record_payment(user_id=bob.pk, invoice_id=later.pk) == []

    def test_who_paid_before_there_were_rewards_pays_no_first_time(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        later = months_after(make_paid(bob, timezone.now() - LONG_AGO), 30)
        assert record_payment(user_id=bob.pk, invoice_id=later.pk) == []

    def test_of_two_payments_told_in_the_wrong_order_the_earlier_one_is_the_first(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        first = make_paid(bob, timezone.now() - LONG_AGO)
        second = months_after(first, 30)
        assert record_payment(user_id=bob.pk, invoice_id=second.pk) == []
        assert len(record_payment(user_id=bob.pk, invoice_id=first.pk)) == 2
        assert {reward.invoice_id for reward in Reward.objects.all()} == {first.pk}

    def test_what_was_one_too_many_is_worth_nothing_and_the_other_one_is(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        surplus = make_subscription(bob, is_surplus=True)
        twice = make_invoice(bob, surplus, timezone.now() - timedelta(minutes=1))
        make_payment(bob, twice)
        assert record_payment(user_id=bob.pk, invoice_id=twice.pk) == []
        assert len(record_payment(user_id=bob.pk, invoice_id=make_paid(bob).pk)) == 2

    def test_what_went_back_before_it_was_told_is_worth_nothing(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        invoice = make_paid(bob)
        pay_back(invoice.pk)
        assert record_payment(user_id=bob.pk, invoice_id=invoice.pk) == []

    def test_who_pays_anew_after_a_refund_was_rewarded_for_once(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob)
        pay_back(reward.invoice_id)
        withdraw_undone_rewards()
        assert record_payment(user_id=bob.pk, invoice_id=make_paid(bob).pk) == []
        assert {row[-1] for row in promised()} == {"cancelled"}

    def test_a_closed_programme_promises_nothing(self, alice: User, bob: User) -> None:
        make_programme(is_open=False)
        bring(alice, bob)
        assert record_payment(user_id=bob.pk, invoice_id=make_paid(bob).pk) == []

    def test_what_was_promised_before_it_closed_is_kept(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob, timezone.now() - LONG_AGO)
        make_programme(is_open=False)
        assert mature_due_rewards() == 2
        assert state_of(reward) == State.EARNED

    def test_an_amount_of_nothing_is_no_reward(self, alice: User, bob: User) -> None:
        RewardAmount.objects.filter(pk="USD").update(friend_minor=0)
        promise(alice, bob)
        assert promised() == [("Alice", "referrer", 1, 500, "USD", "pending")]

    def test_a_reward_keeps_the_amount_and_the_date_that_held_when_it_was_made(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob)
        RewardAmount.objects.update(referrer_minor=1)
        make_programme(hold_days=90)
        again = Reward.objects.get(pk=reward.pk)
        assert (again.amount_minor, again.matures_at) == (500, reward.matures_at)

    def test_without_any_amount_nothing_is_promised(self, alice: User, bob: User) -> None:
        RewardAmount.objects.all().delete()
        bring(alice, bob)
        assert record_payment(user_id=bob.pk, invoice_id=make_paid(bob).pk) == []


class TestLittlePaid:
    def pay(self, friend: User, minor: int, at: datetime | None = None, currency: str = "USD") -> Invoice:
        invoice = make_paid(friend, at, currency=currency)
        Invoice.objects.filter(pk=invoice.pk).update(amount_paid_minor=minor)
        Payment.objects.filter(invoice=invoice).update(amount_minor=minor)
        return invoice

    @pytest.mark.parametrize(("minor", "rewards"), [(50, 0), (399, 0), (400, 2)])
    def test_a_payment_of_next_to_nothing_is_worth_nothing(
        self, alice: User, bob: User, minor: int, rewards: int
    ) -> None:
        bring(alice, bob)
        assert len(record_payment(user_id=bob.pk, invoice_id=self.pay(bob, minor).pk)) == rewards

    def test_the_first_one_that_is_enough_is_the_first(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        small = self.pay(bob, 50, timezone.now() - LONG_AGO)
        assert record_payment(user_id=bob.pk, invoice_id=small.pk) == []
        assert len(record_payment(user_id=bob.pk, invoice_id=months_after(small, 31).pk)) == 2

    def test_what_went_back_before_it_was_told_counts_not_as_paid(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        invoice = make_paid(bob)
        pay_back(invoice.pk, 200)
        assert record_payment(user_id=bob.pk, invoice_id=invoice.pk) == []

    @pytest.mark.parametrize(("part", "state"), [(99, "earned"), (100, "cancelled"), (248, "cancelled")])
    def test_what_goes_back_within_the_hold_leaves_enough_or_cancels(
        self, alice: User, bob: User, part: int, state: str
    ) -> None:
        reward = promise(alice, bob, timezone.now() - LONG_AGO)
        pay_back(reward.invoice_id, part)
        mature_due_rewards()
        assert {row[-1] for row in promised()} == {state}
        assert_invariants()

    def test_a_minimum_that_is_raised_takes_nothing_from_who_paid_enough(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob, timezone.now() - LONG_AGO)
        RewardAmount.objects.update(minimum_minor=10_000)
        mature_due_rewards()
        assert state_of(reward) == State.EARNED

    def test_in_a_currency_of_which_nothing_was_said_staff_look_at_it(self, alice: User, bob: User) -> None:
        RewardAmount.objects.filter(pk="GBP").delete()
        reward = promise(alice, bob, timezone.now() - LONG_AGO, currency="GBP")
        assert (reward.state, reward.reasons) == (State.HELD, ["little_paid"])

    def test_and_where_it_is_not_said_any_more(self, alice: User, bob: User, sam: User) -> None:
        reward = promise(alice, bob, timezone.now() - LONG_AGO)
        RewardAmount.objects.all().delete()
        assert mature_due_rewards() == 0
        reward.refresh_from_db()
        assert (reward.state, reward.reasons) == (State.HELD, ["little_paid"])
        approve_reward(reward_id=reward.pk, by=sam, reason="A whole month")
        assert mature_due_rewards() == 1
        assert_invariants()


class TestEveryPayment:
    @pytest.fixture(autouse=True)
    def every(self, programme: ReferralProgramme) -> None:
        make_programme(mode="every", months=3)

    def test_each_payment_of_the_first_months_is_worth_something(self, alice: User, bob: User) -> None:
        first = Invoice.objects.get(pk=promise(alice, bob, timezone.now() - timedelta(days=200)).invoice_id)
        told = [record_payment(user_id=bob.pk, invoice_id=months_after(first, days).pk) for days in (31, 62, 93, 124)]
        assert [len(rewards) for rewards in told] == [2, 2, 0, 0]
        assert [row[2] for row in promised() if row[1] == "referrer"] == [1, 2, 3]
        assert_invariants()

    def test_a_double_is_worth_nothing_more(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob)
        for _ in range(3):
            assert record_payment(user_id=bob.pk, invoice_id=reward.invoice_id) == []

    def test_a_payment_that_went_back_begins_no_months(self, alice: User, bob: User) -> None:
        old = Invoice.objects.get(pk=promise(alice, bob, timezone.now() - timedelta(days=200)).invoice_id)
        pay_back(old.pk)
        withdraw_undone_rewards()
        assert len(record_payment(user_id=bob.pk, invoice_id=months_after(old, 190).pk)) == 2
        assert [(row[2], row[-1]) for row in promised() if row[1] == "referrer"] == [(1, "cancelled"), (2, "pending")]


class TestCurrency:
    @pytest.mark.parametrize(("own", "expected"), [("EUR", (500, "EUR")), ("JPY", (400, "GBP")), ("", (400, "GBP"))])
    def test_a_reward_is_in_the_persons_own_currency_or_the_payments(
        self, alice: User, bob: User, own: str, expected: tuple[int, str]
    ) -> None:
        RewardAmount.objects.filter(pk="JPY").delete()
        StripeCustomer.objects.create(stripe_id="cus_alice", user=alice, currency=own)
        reward = promise(alice, bob, currency="GBP")
        assert (reward.amount_minor, reward.currency) == expected

    def test_where_neither_has_an_amount_it_is_in_the_first_that_has(self, alice: User, bob: User) -> None:
        RewardAmount.objects.exclude(pk="USD").delete()
        assert promise(alice, bob, currency="GBP").currency == "USD"


class TestTheDatabaseItself:
    def test_what_is_written_to_the_books_stays(self, alice: User, bob: User) -> None:
        promise(alice, bob)
        for act in (
            lambda: RewardEntry.objects.update(available_minor=1),
            lambda: RewardEntry.objects.all()._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                act()

    def test_a_second_reward_of_one_number_is_refused(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob)
        reward.pk, reward.invoice_id = None, "in_another"
        with pytest.raises(IntegrityError, match="reward_number_once"), transaction.atomic():
            reward.save(force_insert=True)

    def test_nobody_brings_themselves(self) -> None:
        dana = make_user("dana@example.com")
        with pytest.raises(IntegrityError, match="referral_not_of_oneself"), transaction.atomic():
            Referral.objects.create(referrer=dana, referred=dana)
