"""What staff decide about rewards that are held. Each decision is audited; the person sees one that is pending, or was not given."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.errors import InvalidInput, NotAllowed
from referrals.errors import NothingToDecide
from referrals.locks import lock_reward
from referrals.models import Reward
from referrals.services.rewards import release, withdraw

State = Reward.State


def approve_reward(*, reward_id: UUID, by: User, reason: str) -> Reward:
    """It is pending again, and earned at its date; by the next run of the job where that is over.

    Raises InvalidInput (`reason`), NothingToDecide, or NotAllowed for one's own.
    """
    # The owner's lock closes the race of two members of staff, and with the job that looks for payments that went back: one wins.
    with transaction.atomic(durable=True):
        reward = _decide("reward_approved", reward_id, by, reason)
        release(reward)
    return reward


def refuse_reward(*, reward_id: UUID, by: User, reason: str) -> Reward:
    """It will not be earned. Raises as above."""
    # Locked as above.
    with transaction.atomic(durable=True):
        reward = _decide("reward_refused", reward_id, by, reason)
        withdraw(reward, State.REFUSED)
    return reward


def _decide(act: str, reward_id: UUID, by: User, reason: str) -> Reward:
    """Write down who decided, and why. The log, which the person can read, says that it was decided, not the reason."""
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say why; whoever looks at this reward later wants to know.")]})
    reward = lock_reward(reward_id)
    if reward is None or reward.state != State.HELD:
        raise NothingToDecide
    if by.pk in (reward.user_id, reward.referral.referrer_id, reward.referral.referred_id):
        raise NotAllowed(_("You have a part in this reward. A colleague decides about it."))
    reward.decided_by, reward.decided_at, reward.decision_note = by, timezone.now(), reason.strip()
    reward.save(update_fields=["decided_by", "decided_at", "decision_note"])
    record_act(act, actor=by, person=reward.user_id, target=reward)
    return reward
