"""Staff decide about rewards that are held, once, and every decision is audited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, User
from nexusvpn.errors import InvalidInput
from referrals.errors import NothingToDecide
from referrals.models import Reward
from referrals.services.books import Balance, balances
from referrals.services.decisions import approve_reward, refuse_reward
from referrals.services.maturing import mature_due_rewards, withdraw_undone_rewards
from tests.factories.referrals import make_paid, promise
from tests.invariants import assert_invariants

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
State = Reward.State
decision = pytest.mark.parametrize("decide", [approve_reward, refuse_reward])


@pytest.fixture
def held(alice: User, bob: User) -> Reward:
    make_paid(alice, card="a" * 64)
    reward = promise(alice, bob, card="a" * 64)
    assert reward.state == State.HELD
    return reward


def test_an_approved_one_is_earned_at_its_date(held: Reward, alice: User, sam: User) -> None:
    approve_reward(reward_id=held.pk, by=sam, reason="They are a couple")
    held.refresh_from_db()
    assert (held.state, held.decided_by, held.decision_note) == (State.PENDING, sam, "They are a couple")
    assert mature_due_rewards() == 0
    Reward.objects.update(matures_at=timezone.now() - timedelta(seconds=1))
    assert mature_due_rewards() == 1, "what staff have looked at is not held again"
    assert balances(alice) == {"USD": Balance(0, 500)}
    assert_invariants()


def test_a_refused_one_is_cancelled_in_the_books(held: Reward, alice: User, sam: User) -> None:
    refuse_reward(reward_id=held.pk, by=sam, reason="One person")
    held.refresh_from_db()
    assert held.state == State.REFUSED
    assert balances(alice) == {"USD": Balance(0, 0)}
    Reward.objects.update(matures_at=timezone.now())
    assert mature_due_rewards() == 0
    assert_invariants()


@decision
def test_a_decision_says_why(held: Reward, sam: User, decide: Callable[..., Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        decide(reward_id=held.pk, by=sam, reason="  ")
    assert refused.value.fields.keys() == {"reason"}
    held.refresh_from_db()
    assert (held.state, held.decided_at) == (State.HELD, None)


@decision
def test_it_is_audited_without_the_reason_since_the_person_reads_it(
    held: Reward, sam: User, alice: User, decide: Callable[..., Any]
) -> None:
    decide(reward_id=held.pk, by=sam, reason="Suspicious")
    act = AuditEvent.objects.get(action__startswith="reward_")
    assert (act.actor_id, act.person_id, act.target_id) == (sam.pk, alice.pk, str(held.pk))
    assert act.details == {}


@decision
@pytest.mark.parametrize("former", [approve_reward, refuse_reward])
def test_a_second_decision_is_refused(
    held: Reward, sam: User, former: Callable[..., Any], decide: Callable[..., Any]
) -> None:
    former(reward_id=held.pk, by=sam, reason="First")
    with pytest.raises(NothingToDecide):
        decide(reward_id=held.pk, by=sam, reason="Second")
    held.refresh_from_db()
    assert held.decision_note == "First"
    assert AuditEvent.objects.filter(action__startswith="reward_").count() == 1
    assert_invariants()


@decision
def test_nothing_is_decided_about_what_went_back(
    held: Reward, sam: User, bob: User, decide: Callable[..., Any]
) -> None:
    bob.payments.update(refunded_minor=499)
    withdraw_undone_rewards()
    with pytest.raises(NothingToDecide):
        decide(reward_id=held.pk, by=sam, reason="Late")
    assert_invariants()


@decision
def test_nothing_is_decided_about_what_is_not_held(
    alice: User, bob: User, sam: User, decide: Callable[..., Any]
) -> None:
    with pytest.raises(NothingToDecide):
        decide(reward_id=promise(alice, bob).pk, by=sam, reason="Because")


def test_an_approved_one_whose_payment_goes_back_is_cancelled(held: Reward, sam: User, bob: User) -> None:
    approve_reward(reward_id=held.pk, by=sam, reason="Fine")
    bob.payments.update(refunded_minor=499)
    Reward.objects.update(matures_at=timezone.now())
    assert mature_due_rewards() == 0
    held.refresh_from_db()
    assert held.state == State.CANCELLED
    assert_invariants()
