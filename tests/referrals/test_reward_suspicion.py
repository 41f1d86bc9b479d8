"""Self-dealing is held for staff: what speaks against a reward, and what does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AbuseFlag, SignupOrigin, User
from accounts.services.registration import register_account
from billing.models import StripeCustomer
from referrals.models import Referral, Reward
from referrals.services.books import Balance, balances
from referrals.services.maturing import mature, mature_due_rewards, withdraw_undone_rewards
from referrals.services.suspicion import WORDS, in_words, reasons_for
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.referrals import bring, earned, make_paid, make_programme, promise
from tests.invariants import assert_invariants

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
State = Reward.State
HOME = "192.0.2.0/24"


def from_network(user: User, network: str = HOME, days_ago: int = 0) -> User:
    SignupOrigin.objects.create(user=user, network=network, created_at=timezone.now() - timedelta(days=days_ago))
    return user


def friends_from(network: str, referrer: User, count: int, days_ago: int = 0) -> None:
    for number in range(count):
        friend = make_user(f"friend-{number}-{days_ago}-{network[0]}@example.com")
        bring(referrer, from_network(friend, network, days_ago))


def again(reward: Reward) -> Reward:
    return Reward.objects.get(pk=reward.pk)


def test_nothing_speaks_against_two_strangers(alice: User, bob: User) -> None:
    make_paid(alice, card="a" * 64)
    from_network(bob)
    assert promise(alice, bob, card="b" * 64).state == State.PENDING


class TestCards:
    def test_the_referrers_own_card_holds_both_rewards(self, alice: User, bob: User) -> None:
        make_paid(alice, card="a" * 64)
        reward = promise(alice, bob, card="a" * 64)
        assert (reward.state, reward.reasons) == (State.HELD, ["same_card"])
        assert set(Reward.objects.values_list("state", flat=True)) == {"held"}
        assert balances(alice) == {"USD": Balance(500, 0)}
        assert_invariants()

    def test_a_card_of_another_friend_holds(self, alice: User, bob: User, charlie: User) -> None:
        assert promise(alice, bob, card="a" * 64).state == State.PENDING
        assert promise(alice, charlie, card="a" * 64).reasons == ["same_card"]

    def test_a_card_of_a_stranger_does_not(self, alice: User, bob: User, charlie: User) -> None:
        make_paid(charlie, card="a" * 64)
        assert promise(alice, bob, card="a" * 64).state == State.PENDING

    def test_a_card_that_the_referrer_pays_with_later_holds_it_before_it_is_earned(
        self, alice: User, bob: User
    ) -> None:
        reward = promise(alice, bob, timezone.now() - timedelta(days=40), card="a" * 64)
        assert reward.state == State.PENDING
        make_paid(alice, card="a" * 64)
        assert mature_due_rewards() == 0
        assert (again(reward).state, again(reward).reasons) == (State.HELD, ["same_card"])
        assert not mature(reward.pk)


def test_one_customer_at_the_provider_holds(alice: User, bob: User) -> None:
    StripeCustomer.objects.create(stripe_id="cus_shared", user=alice)
    User.objects.filter(pk=bob.pk).update(stripe_customer_id="cus_shared")
    assert promise(alice, bob).reasons == ["same_customer"]


class TestCycles:
    def test_who_brings_whoever_brought_them_is_held(self, alice: User, bob: User) -> None:
        bring(bob, alice)
        assert promise(alice, bob).reasons == ["cycle"]

    def test_a_longer_way_round_is_found_too(self, alice: User, bob: User, charlie: User) -> None:
        bring(charlie, alice)
        bring(bob, charlie)
        assert promise(alice, bob).reasons == ["cycle"]

    def test_a_way_round_by_a_second_account_is_found_by_its_card(self, alice: User, bob: User, charlie: User) -> None:
        """Alice brings Bob, and Bob a second account of hers."""
        make_paid(alice, card="a" * 64)
        bring(alice, bob)
        assert promise(bob, charlie, card="a" * 64).reasons == ["cycle"]

    def test_a_line_is_no_cycle_and_one_that_is_ends(self, alice: User, bob: User, charlie: User) -> None:
        bring(alice, bob)
        assert promise(bob, charlie).state == State.PENDING
        dana = make_user("dana@example.com")
        bring(charlie, alice)
        assert promise(alice, dana).state == State.PENDING, "a cycle further up is not the friend's"


class TestNetworks:
    def test_friends_beyond_those_that_one_network_may_bring_are_held(self, alice: User, bob: User) -> None:
        friends_from(HOME, alice, 3)
        assert promise(alice, from_network(bob)).reasons == ["network"]

    def test_as_many_as_it_may_bring_are_not(self, alice: User, bob: User) -> None:
        friends_from(HOME, alice, 2)
        assert promise(alice, from_network(bob)).state == State.PENDING

    def test_other_networks_other_referrers_and_other_months_count_nothing(
        self, alice: User, bob: User, charlie: User
    ) -> None:
        friends_from("203.0.113.0/24", alice, 3)
        friends_from(HOME, charlie, 3)
        friends_from(HOME, alice, 3, days_ago=31)
        assert promise(alice, from_network(bob)).state == State.PENDING

    def test_the_first_ones_are_not_held_for_those_who_came_after(self, alice: User, bob: User) -> None:
        bring(alice, from_network(bob, days_ago=1))
        friends_from(HOME, alice, 5)
        assert promise(alice, bob).state == State.PENDING

    def test_it_is_noticed_at_the_sign_up_since_networks_are_forgotten(self, alice: User) -> None:
        make_programme(network_limit=1)
        for name in ("one", "two"):
            values = {"email": f"{name}@example.com", "password": PASSWORD, "full_name": name}
            register_account(**values, referral_code=alice.referral_code, network=HOME)
        SignupOrigin.objects.all().delete()
        found = dict(Referral.objects.values_list("referred__full_name", "reasons"))
        assert found == {"one": [], "two": ["network"]}
        assert promise(alice, User.objects.get(full_name="two")).reasons == ["network"]
        assert promise(alice, User.objects.get(full_name="one")).state == State.PENDING


class TestFlags:
    @pytest.mark.parametrize("who", ["referrer", "friend"])
    def test_a_flagged_account_holds_until_staff_clear_it(self, alice: User, bob: User, who: str) -> None:
        flag = AbuseFlag.objects.create(user={"referrer": alice, "friend": bob}[who], reason="disposable")
        referral = bring(alice, bob)
        assert reasons_for(referral) == ["flagged"]
        flag.cleared_at = timezone.now()
        flag.save()
        assert reasons_for(referral) == []


def test_every_reason_has_words_for_staff(alice: User, bob: User, charlie: User) -> None:
    make_paid(alice, card="a" * 64)
    bring(bob, alice)
    AbuseFlag.objects.create(user=alice, reason="network")
    reward = promise(alice, bob, card="a" * 64)
    assert reward.reasons == ["same_card", "cycle", "flagged"]
    assert in_words(reward.reasons) == [WORDS[code] for code in reward.reasons]


def test_a_held_one_whose_payment_goes_back_is_cancelled(alice: User, bob: User) -> None:
    make_paid(alice, card="a" * 64)
    reward = promise(alice, bob, card="a" * 64)
    bob.payments.update(refunded_minor=499)
    assert withdraw_undone_rewards() == 2
    assert again(reward).state == State.CANCELLED
    assert_invariants()


def test_what_is_earned_is_not_held_any_more(alice: User, bob: User) -> None:
    reward = earned(alice, bob, card="a" * 64)
    make_paid(alice, card="a" * 64)
    mature_due_rewards()
    assert again(reward).state == State.EARNED
