"""What is earned goes to the next invoice, once; what is owed is set off before. The provider's word is in our orders here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, User
from billing.models import StripeOrder, Subscription
from billing.services.orders import end_order, finish_order
from referrals.errors import PayoutHasOutcome
from referrals.models import Reward, RewardAmount, RewardEntry, RewardPayout
from referrals.services import payouts
from referrals.services.books import Balance, balances
from referrals.services.maturing import withdraw_undone_rewards
from referrals.services.payouts import follow_payouts, give_back_payout, pay_out, pay_out_rewards, people_to_pay
from tests.factories.accounts import make_user
from tests.factories.payments import make_dispute
from tests.factories.referrals import earned, promise, subscribed
from tests.invariants import assert_invariants

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
State = RewardPayout.State


@pytest.fixture
def alice(alice: User) -> User:
    return subscribed(alice)


def credits() -> list[StripeOrder]:
    return list(StripeOrder.objects.filter(purpose="credit").order_by("created_at"))


def pay_back(reward: Reward) -> None:
    User.objects.get(pk=reward.referral.referred_id).payments.update(refunded_minor=499, synced_at=timezone.now())
    withdraw_undone_rewards()


def entries(user: User) -> list[tuple[str, int, str]]:
    rows = RewardEntry.objects.filter(user=user).exclude(available_minor=0).order_by("id")
    return list(rows.values_list("kind", "available_minor", "currency"))


class TestSending:
    def test_what_is_available_is_sent_once(self, alice: User, bob: User) -> None:
        earned(alice, bob)
        assert pay_out_rewards() == 1
        assert pay_out_rewards() == 0
        (order,) = credits()
        payout = RewardPayout.objects.get()
        assert (order.subject, order.is_durable) == (str(payout.pk), True)
        assert (order.parameters["amount"], order.parameters["currency"]) == (-500, "usd")
        assert (payout.amount_minor, payout.state) == (500, "asked")
        assert balances(alice) == {"USD": Balance(0, 0)}
        assert_invariants()

    def test_what_is_pending_is_not(self, alice: User, bob: User) -> None:
        promise(alice, bob)
        assert list(people_to_pay([alice.pk])) == []
        assert pay_out(alice.pk) is False

    @pytest.mark.parametrize(
        "change",
        [
            lambda user: Subscription.objects.filter(user=user).update(status="canceled"),
            lambda user: Subscription.objects.filter(user=user).update(cancel_at_period_end=True),
            lambda user: User.objects.filter(pk=user.pk).update(is_active=False, suspended_at=timezone.now()),
        ],
        ids=["has no plan", "whose plan ends", "is suspended"],
    )
    def test_nothing_is_sent_to_who(self, alice: User, bob: User, change: Callable[[User], Any]) -> None:
        earned(alice, bob)
        change(alice)
        assert pay_out_rewards() == 0
        assert pay_out(alice.pk) is False
        assert balances(alice) == {"USD": Balance(0, 500)}
        assert credits() == []

    @pytest.mark.parametrize(("outcome", "sent", "left"), [("won", 1, 0), ("lost", 0, 0)])
    def test_nothing_while_a_bank_decides_about_the_payment_of_what_is_earned(
        self, alice: User, bob: User, outcome: str, sent: int, left: int
    ) -> None:
        earned(alice, bob)
        dispute = make_dispute(bob.payments.get())
        assert pay_out_rewards() == 0
        assert pay_out(alice.pk) is False
        assert withdraw_undone_rewards() == 0
        assert balances(alice) == {"USD": Balance(0, 500)}
        dispute.status, dispute.synced_at = outcome, timezone.now()
        dispute.save()
        withdraw_undone_rewards()
        assert pay_out_rewards() == sent
        assert balances(alice) == {"USD": Balance(0, left)}
        assert_invariants()

    def test_a_run_looks_at_so_many_people_and_the_next_goes_on_after_them(
        self, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(payouts, "PEOPLE_AT_ONCE", 2)
        RewardAmount.objects.update(friend_minor=0)
        people = [subscribed(make_user(f"referrer{number}@example.com")) for number in range(5)]
        for number, person in enumerate(people):
            earned(person, make_user(f"friend{number}@example.com"))
        assert [pay_out_rewards() for _ in range(4)] == [2, 2, 1, 0]
        assert RewardPayout.objects.count() == 5
        assert_invariants()

    def test_who_will_not_be_invoiced_is_not_asked_about_again(self, alice: User, bob: User) -> None:
        earned(alice, bob)
        assert list(people_to_pay([alice.pk])) == [alice.pk]
        Subscription.objects.filter(user=alice).update(cancel_at_period_end=True)
        assert list(people_to_pay([alice.pk])) == []

    def test_one_payout_at_a_time(self, alice: User, bob: User, charlie: User) -> None:
        earned(alice, bob)
        pay_out_rewards()
        earned(alice, charlie)
        assert pay_out_rewards() == 0
        assert pay_out(alice.pk) is False
        finish_order(credits()[0], "cbtxn_1")
        assert follow_payouts() == 1
        assert pay_out_rewards() == 1
        assert_invariants()

    def test_a_kill_before_the_commit_leaves_nothing_and_the_next_run_sends_it(
        self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earned(alice, bob)
        with monkeypatch.context() as broken:
            broken.setattr(payouts, "give_credit", lambda **asked: 1 / 0)
            assert pay_out_rewards() == 0
        assert not RewardPayout.objects.exists()
        assert balances(alice) == {"USD": Balance(0, 500)}
        assert pay_out_rewards() == 1
        assert_invariants()


class TestAnswers:
    @pytest.fixture
    def order(self, alice: User, bob: User) -> StripeOrder:
        earned(alice, bob)
        pay_out_rewards()
        return credits()[0]

    def test_no_answer_yet_is_none(self, order: StripeOrder) -> None:
        assert follow_payouts() == 0
        assert RewardPayout.objects.get().state == State.ASKED

    def test_what_was_done_is_done(self, order: StripeOrder) -> None:
        finish_order(order, "cbtxn_1")
        assert follow_payouts() == 1
        assert follow_payouts() == 0
        payout = RewardPayout.objects.get()
        assert (payout.state, payout.result) == (State.DONE, "cbtxn_1")
        assert payout.finished_at
        assert_invariants()

    def test_what_was_refused_is_here_again_and_is_not_asked_for_at_once(self, alice: User, order: StripeOrder) -> None:
        end_order(order, "resource_missing")
        assert follow_payouts() == 1
        assert (RewardPayout.objects.get().state, RewardPayout.objects.get().result) == ("refused", "resource_missing")
        assert balances(alice) == {"USD": Balance(0, 500)}
        assert pay_out_rewards() == 0
        assert_invariants()
        RewardPayout.objects.update(finished_at=timezone.now() - timedelta(days=2))
        assert pay_out_rewards() == 1
        assert len(credits()) == 2

    def test_a_request_that_is_gone_is_never_thought_to_be_done_or_refused(self, order: StripeOrder) -> None:
        order.delete()
        assert follow_payouts() == 0
        assert RewardPayout.objects.get().state == State.ASKED

    def test_one_whose_request_is_gone_is_given_back_once_by_staff_who_looked(
        self, alice: User, sam: User, order: StripeOrder
    ) -> None:
        order.delete()
        payout = RewardPayout.objects.get()
        give_back_payout(payout_id=payout.pk, by=sam)
        payout.refresh_from_db()
        assert (payout.state, payout.result) == (State.REFUSED, payouts.NOTHING_CAME)
        assert payout.finished_at
        assert balances(alice) == {"USD": Balance(0, 500)}
        with pytest.raises(PayoutHasOutcome):
            give_back_payout(payout_id=payout.pk, by=sam)
        act = AuditEvent.objects.get(action="reward_payout_returned")
        assert (act.actor_id, act.person_id, act.target_id) == (sam.pk, alice.pk, str(payout.pk))
        assert (follow_payouts(), pay_out_rewards()) == (0, 0), "not at once"
        assert_invariants()
        RewardPayout.objects.update(finished_at=timezone.now() - timedelta(days=2))
        assert pay_out_rewards() == 1
        assert_invariants()

    @pytest.mark.parametrize("outcome", ["open", "done", "refused"])
    def test_one_whose_outcome_is_known_is_not_given_back(self, sam: User, order: StripeOrder, outcome: str) -> None:
        if outcome != "open":
            end = finish_order if outcome == "done" else end_order
            end(order, "result")
        before = RewardEntry.objects.count()
        with pytest.raises(PayoutHasOutcome):
            give_back_payout(payout_id=RewardPayout.objects.get().pk, by=sam)
        assert RewardPayout.objects.get().state == State.ASKED
        assert RewardEntry.objects.count() == before
        assert not AuditEvent.objects.filter(action="reward_payout_returned").exists()

    def test_of_an_erased_person_nothing_is_given_back(self, alice: User, sam: User, order: StripeOrder) -> None:
        order.delete()
        User.objects.filter(pk=alice.pk).update(is_active=False, erased_at=timezone.now())
        with pytest.raises(PayoutHasOutcome):
            give_back_payout(payout_id=RewardPayout.objects.get().pk, by=sam)

    def test_of_an_erased_person_it_is_over(self, alice: User, order: StripeOrder) -> None:
        order.delete()
        User.objects.filter(pk=alice.pk).update(is_active=False, erased_at=timezone.now())
        assert follow_payouts() == 1
        assert RewardPayout.objects.get().state == State.DONE


class TestDebt:
    def test_what_was_spent_and_went_back_is_owed_and_set_off_against_the_next(
        self, alice: User, bob: User, charlie: User
    ) -> None:
        reward = earned(alice, bob)
        pay_out_rewards()
        finish_order(credits()[0], "cbtxn_1")
        follow_payouts()
        pay_back(reward)
        assert entries(alice) == [("earned", 500, "USD"), ("spent", -500, "USD"), ("debt", -500, "USD")]
        assert balances(alice) == {"USD": Balance(0, -500)}
        assert_invariants()
        earned(alice, charlie)
        assert balances(alice) == {"USD": Balance(0, 0)}
        assert pay_out_rewards() == 0
        assert len(credits()) == 1, "what is owed is never charged"
        earned(alice, make_user("dana@example.com"))
        assert pay_out_rewards() == 1
        assert_invariants()

    def test_what_is_partly_here_is_taken_back_and_the_rest_is_owed(
        self, alice: User, bob: User, charlie: User
    ) -> None:
        first = earned(alice, bob)
        pay_out_rewards()
        RewardAmount.objects.update(referrer_minor=200)
        earned(alice, charlie)
        pay_back(first)
        assert entries(alice)[-2:] == [("taken_back", -200, "USD"), ("debt", -300, "USD")]
        assert balances(alice) == {"USD": Balance(0, -300)}
        assert_invariants()

    def test_a_refused_payout_pays_what_is_owed(self, alice: User, bob: User) -> None:
        reward = earned(alice, bob)
        pay_out_rewards()
        pay_back(reward)
        assert balances(alice) == {"USD": Balance(0, -500)}
        end_order(credits()[0], "resource_missing")
        follow_payouts()
        assert balances(alice) == {"USD": Balance(0, 0)}
        assert_invariants()


class TestCurrencies:
    @pytest.fixture(autouse=True)
    def rates(self, programme: object) -> None:
        RewardAmount.objects.filter(pk="GBP").update(referrer_minor=400)

    def test_what_is_in_another_currency_is_converted_as_the_rewards_stand_to_each_other(
        self, alice: User, bob: User
    ) -> None:
        earned(alice, bob)
        alice.stripe_customers.update(currency="GBP")
        assert pay_out_rewards() == 1
        assert entries(alice)[1:] == [("converted", -500, "USD"), ("converted", 400, "GBP"), ("spent", -400, "GBP")]
        assert credits()[0].parameters["currency"] == "gbp"
        assert_invariants()

    def test_without_an_amount_in_the_currency_of_the_invoices_it_waits(self, alice: User, bob: User) -> None:
        RewardAmount.objects.filter(pk="JPY").delete()
        earned(alice, bob)
        alice.stripe_customers.update(currency="JPY")
        assert pay_out_rewards() == 0
        assert balances(alice) == {"USD": Balance(0, 500)}
        RewardAmount.objects.create(currency="JPY", referrer_minor=700, friend_minor=0, minimum_minor=0)
        assert pay_out_rewards() == 1
        assert RewardPayout.objects.get().amount_minor == 700

    @pytest.mark.parametrize(
        ("more", "left"),
        [(500, {"GBP": Balance(0, 0), "USD": Balance(0, 0)}), (100, {"GBP": Balance(0, 0), "USD": Balance(0, -375)})],
    )
    def test_what_is_owed_in_another_currency_is_set_off(
        self, alice: User, bob: User, charlie: User, more: int, left: dict[str, Balance]
    ) -> None:
        reward = earned(alice, bob)
        pay_out_rewards()
        finish_order(credits()[0], "cbtxn_1")
        follow_payouts()
        pay_back(reward)
        alice.stripe_customers.update(currency="GBP")
        earned(alice, charlie)
        RewardEntry.objects.create(
            user=alice, kind="converted", available_minor=more - 400, currency="GBP", source="convert:test:GBP"
        )
        sent = max(more - 400, 0)
        assert pay_out_rewards() == bool(sent)
        assert balances(alice) == left
        assert sum(payout.amount_minor for payout in RewardPayout.objects.filter(currency="GBP")) == sent
        assert_invariants()

    @pytest.mark.parametrize("without", ["gone", "of nothing"])
    def test_nothing_is_sent_past_a_debt_that_cannot_be_converted(
        self, alice: User, bob: User, charlie: User, without: str
    ) -> None:
        reward = earned(alice, bob)
        pay_out_rewards()
        finish_order(credits()[0], "cbtxn_1")
        follow_payouts()
        pay_back(reward)
        alice.stripe_customers.update(currency="GBP")
        earned(alice, charlie)
        rate = RewardAmount.objects.get(pk="USD")
        if without == "gone":
            RewardAmount.objects.filter(pk="USD").delete()
        else:
            RewardAmount.objects.filter(pk="USD").update(referrer_minor=0)
        assert pay_out_rewards() == 0
        assert pay_out(alice.pk) is False
        assert balances(alice) == {"GBP": Balance(0, 400), "USD": Balance(0, -500)}
        rate.save()
        assert pay_out_rewards() == 0
        assert balances(alice) == {"GBP": Balance(0, 0), "USD": Balance(0, 0)}
        assert_invariants()

    def test_what_is_too_little_to_be_one_unit_waits(self, alice: User, bob: User) -> None:
        RewardAmount.objects.filter(pk="USD").update(referrer_minor=1)
        earned(alice, bob)
        RewardAmount.objects.filter(pk="USD").update(referrer_minor=500)
        alice.stripe_customers.update(currency="GBP")
        assert pay_out_rewards() == 0
        assert balances(alice) == {"USD": Balance(0, 1)}
