"""What takes back a promise for a friend's payment, and when it is earned. Without Stripe."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from billing.models import Payment
from referrals.models import ReferralProgramme, Reward
from referrals.services.books import Balance, balances
from referrals.services.maturing import mature, mature_due_rewards, withdraw_undone_rewards
from referrals.services.rewards import record_payment
from tests.factories.payments import make_dispute, make_invoice, make_payment, make_subscription
from tests.factories.referrals import bring, earned, make_paid, promise
from tests.invariants import assert_invariants
from tests.referrals.promises import LONG_AGO, pay_back, promised, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
State = Reward.State


class TestGoingBack:
    def test_a_refund_within_the_hold_cancels_both(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob)
        pay_back(reward.invoice_id)
        assert withdraw_undone_rewards() == 2
        assert {row[-1] for row in promised()} == {"cancelled"}
        assert balances(alice) == balances(bob) == {"USD": Balance(0, 0)}
        assert withdraw_undone_rewards() == 0
        assert_invariants()

    @pytest.mark.parametrize(("part", "state"), [(249, "pending"), (250, "cancelled")])
    def test_half_of_a_payment_is_the_payment(self, alice: User, bob: User, part: int, state: str) -> None:
        reward = promise(alice, bob)
        assert Payment.objects.get().amount_minor == 499
        pay_back(reward.invoice_id, part)
        withdraw_undone_rewards()
        assert state_of(reward) == state

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("needs_response", "pending"),
            ("under_review", "pending"),
            ("lost", "cancelled"),
            ("won", "earned"),
            ("warning_needs_response", "earned"),
        ],
    )
    def test_a_dispute_cancels_when_it_is_lost_and_what_is_undecided_waits(
        self, alice: User, bob: User, status: str, state: str
    ) -> None:
        reward = promise(alice, bob, timezone.now() - LONG_AGO)
        make_dispute(Payment.objects.get(), status=status)
        withdraw_undone_rewards()
        mature_due_rewards()
        assert not mature(reward.pk)
        assert state_of(reward) == state
        assert_invariants()

    @pytest.mark.parametrize(
        ("outcome", "state", "balance"), [("won", "earned", Balance(0, 500)), ("lost", "cancelled", Balance(0, 0))]
    )
    def test_what_waited_is_earned_or_cancelled_as_the_bank_decides(
        self, alice: User, bob: User, outcome: str, state: str, balance: Balance
    ) -> None:
        reward = promise(alice, bob, timezone.now() - LONG_AGO)
        dispute = make_dispute(Payment.objects.get())
        withdraw_undone_rewards()
        assert mature_due_rewards() == 0
        dispute.status, dispute.synced_at = outcome, timezone.now()
        dispute.save()
        withdraw_undone_rewards()
        mature_due_rewards()
        assert state_of(reward) == state
        assert balances(alice) == {"USD": balance}
        assert_invariants()

    def test_what_is_disputed_before_it_is_told_is_promised_and_waits(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        invoice = make_paid(bob, timezone.now() - LONG_AGO)
        make_dispute(Payment.objects.get())
        assert len(record_payment(user_id=bob.pk, invoice_id=invoice.pk)) == 2
        assert mature_due_rewards() == 0

    def test_what_is_found_to_be_one_too_many_cancels(self, alice: User, bob: User) -> None:
        bring(alice, bob)
        subscription = make_subscription(bob)
        invoice = make_invoice(bob, subscription)
        make_payment(bob, invoice)
        record_payment(user_id=bob.pk, invoice_id=invoice.pk)
        subscription.is_surplus, subscription.synced_at = True, timezone.now()
        subscription.save()
        assert withdraw_undone_rewards() == 2

    def test_what_is_earned_is_taken_back(self, alice: User, bob: User) -> None:
        reward = earned(alice, bob)
        assert balances(alice) == {"USD": Balance(0, 500)}
        pay_back(reward.invoice_id)
        withdraw_undone_rewards()
        assert state_of(reward) == State.TAKEN_BACK
        assert balances(alice) == {"USD": Balance(0, 0)}
        assert list(reward.entries.order_by("id").values_list("kind", flat=True)) == ["pending", "earned", "taken_back"]
        assert_invariants()

    def test_a_look_begins_where_the_last_one_ended(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob)
        withdraw_undone_rewards()
        until = ReferralProgramme.objects.get().undone_until
        assert until
        pay_back(reward.invoice_id)
        Payment.objects.update(synced_at=until - timedelta(hours=1))
        assert withdraw_undone_rewards() == 0, "what was written long before the last look has been looked at"
        Payment.objects.update(synced_at=until - timedelta(minutes=5))
        assert withdraw_undone_rewards() == 2, "a sync that committed late is seen all the same"

    def test_what_could_not_be_withdrawn_is_found_again(
        self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reward = promise(alice, bob)
        pay_back(reward.invoice_id)
        with monkeypatch.context() as broken:
            broken.setattr("referrals.services.maturing.withdraw", lambda reward: 1 / 0)
            assert withdraw_undone_rewards() == 0
        assert ReferralProgramme.objects.get().undone_until is None
        assert withdraw_undone_rewards() == 2


class TestMaturing:
    def test_it_is_earned_after_the_hold_and_not_before(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob, timezone.now() - timedelta(days=29, hours=23))
        assert mature_due_rewards() == 0
        Reward.objects.update(matures_at=timezone.now())
        assert mature_due_rewards() == 2
        assert mature_due_rewards() == 0
        assert state_of(reward) == State.EARNED
        assert balances(alice) == {"USD": Balance(0, 500)}
        assert_invariants()

    def test_what_went_back_is_not_earned_though_nobody_had_looked(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob, timezone.now() - LONG_AGO)
        pay_back(reward.invoice_id)
        Payment.objects.update(synced_at=timezone.now() - timedelta(days=35))
        assert mature_due_rewards() == 0
        assert state_of(reward) == State.CANCELLED
        assert_invariants()

    def test_a_suspended_referrers_waits_and_goes_on_when_they_are_back(self, alice: User, bob: User) -> None:
        reward = promise(alice, bob, timezone.now() - LONG_AGO)
        User.objects.filter(pk=alice.pk).update(is_active=False, suspended_at=timezone.now())
        assert mature_due_rewards() == 1
        assert not mature(reward.pk)
        assert state_of(reward) == State.PENDING
        User.objects.filter(pk=alice.pk).update(is_active=True, suspended_at=None)
        assert mature_due_rewards() == 1
        assert state_of(reward) == State.EARNED

    def test_one_that_fails_keeps_nobody_waiting(self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
        reward = promise(alice, bob, timezone.now() - LONG_AGO)
        real = mature

        def fail(reward_id: object) -> bool:
            return 1 / 0 > 1 if reward_id == reward.pk else real(reward_id)  # type: ignore[arg-type]

        monkeypatch.setattr("referrals.services.maturing.mature", fail)
        assert mature_due_rewards() == 1
        assert state_of(reward) == State.PENDING
