"""Who is erased or suspended: what was promised to them, what they had, and what others have for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import privacy
from accounts.models import User
from accounts.services.deletion import leave
from accounts.services.erasure import erase_account
from accounts.services.suspension import suspend_account, unsuspend_account
from referrals.models import Referral, Reward
from referrals.services.books import Balance, balances
from referrals.services.decisions import approve_reward
from referrals.services.maturing import mature_due_rewards, withdraw_undone_rewards
from referrals.services.payouts import pay_out_rewards
from referrals.services.rewards import record_payment
from tests.factories.referrals import bring, earned, make_paid, make_programme, promise, subscribed
from tests.invariants import assert_invariants

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
LONG_AGO = timedelta(days=40)


def erase(user: User) -> None:
    leave(user=user)
    User.objects.filter(pk=user.pk).update(deletion_due_at=timezone.now() - timedelta(seconds=1))
    assert erase_account(user.pk)
    user.refresh_from_db()


def states() -> dict[str, str]:
    return dict(Reward.objects.values_list("kind", "state"))


def test_an_erased_referrers_promises_are_cancelled_and_the_friends_is_kept(alice: User, bob: User) -> None:
    promise(alice, bob, timezone.now() - LONG_AGO)
    erase(alice)
    assert states() == {"referrer": "cancelled", "friend": "pending"}
    assert mature_due_rewards() == 1
    assert balances(alice) == {"USD": Balance(0, 0)}
    assert balances(bob) == {"USD": Balance(0, 500)}
    assert_invariants()


def test_for_an_erased_friend_the_referrer_keeps_theirs(alice: User, bob: User) -> None:
    reward = promise(alice, bob, timezone.now() - LONG_AGO)
    erase(bob)
    assert states() == {"referrer": "pending", "friend": "cancelled"}
    assert mature_due_rewards() == 1
    assert Referral.objects.get(pk=reward.referral_id).referrer == alice
    assert_invariants()


def test_a_payment_of_an_erased_friend_that_goes_back_takes_it_back_all_the_same(alice: User, bob: User) -> None:
    earned(alice, bob)
    erase(bob)
    bob.payments.update(refunded_minor=499, synced_at=timezone.now())
    assert withdraw_undone_rewards() == 1
    assert balances(alice) == {"USD": Balance(0, 0)}
    assert_invariants()


def test_nothing_more_is_promised_to_who_is_gone(alice: User, bob: User) -> None:
    make_programme(mode="every")
    promise(alice, bob, timezone.now() - timedelta(days=31))
    erase(alice)
    made = record_payment(user_id=bob.pk, invoice_id=make_paid(bob).pk)
    assert [reward.kind for reward in made] == ["friend"]


def test_what_an_erased_person_had_stays_in_the_books_and_goes_nowhere(alice: User, bob: User) -> None:
    earned(alice, bob)
    subscribed(alice)
    erase(alice)
    assert pay_out_rewards() == 0
    assert balances(alice) == {"USD": Balance(0, 500)}
    assert_invariants()


def test_whom_an_erased_person_brought_is_kept_only_where_it_was_rewarded(
    alice: User, bob: User, charlie: User
) -> None:
    promise(alice, bob)
    bring(alice, charlie)
    erase(alice)
    assert list(Referral.objects.values_list("referred_id", flat=True)) == [bob.pk]


def test_what_staff_wrote_about_either_is_forgotten(alice: User, bob: User, sam: User) -> None:
    make_paid(alice, card="a" * 64)
    reward = promise(alice, bob, card="a" * 64)
    approve_reward(reward_id=reward.pk, by=sam, reason="Bob is Alice's brother")
    erase(bob)
    reward.refresh_from_db()
    assert (reward.decision_note, reward.decided_by) == ("", sam)


def test_a_suspended_persons_rewards_wait_and_go_on(alice: User, bob: User, sam: User) -> None:
    promise(alice, bob, timezone.now() - LONG_AGO)
    suspend_account(user=alice, by=sam)
    assert mature_due_rewards() == 1, "the friend's"
    assert states() == {"referrer": "pending", "friend": "earned"}
    unsuspend_account(user=alice, by=sam)
    assert mature_due_rewards() == 1
    assert_invariants()


def test_the_export_tells_neither_that_it_is_held_nor_why(alice: User, bob: User, sam: User) -> None:
    make_paid(alice, card="a" * 64)
    promise(alice, bob, card="a" * 64)
    (section,) = (section for section in privacy.sections() if section.name == "rewards")
    told = section.collect(alice)
    assert [reward["state"] for reward in told["rewards"]] == ["pending"]
    assert "held" not in str(told)
    assert "card" not in str(told)
