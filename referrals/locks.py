"""The locks of this app. Whoever holds a person may move that person's rewards, payouts and books; nobody else does.

`StripeCustomer` (of a friend, in a sync) → people, in the order of their ids. Under
them are only an order for Stripe and its job, which are keys that others wait for.
"""

from __future__ import annotations

from uuid import UUID

from accounts.locks import lock_person
from referrals.models import Referral, Reward, RewardPayout


def lock_referral(referred_id: UUID) -> Referral | None:
    """Who brought this person, with both as they are now, locked until commit; None if nobody did."""
    pair = Referral.objects.filter(referred=referred_id).values_list("referrer_id", "referred_id").first()
    for user_id in sorted(pair or ()):
        lock_person(user_id)
    # Read anew: it may have been forgotten with its referrer meanwhile.
    return Referral.objects.select_related("referrer", "referred").filter(referred=referred_id).first()


def lock_reward(reward_id: UUID) -> Reward | None:
    """The reward as it is now; its owner, whose books it moves, is locked until commit."""
    user_id = Reward.objects.filter(pk=reward_id).values_list("user_id", flat=True).first()
    if user_id is not None:
        lock_person(user_id)
    return Reward.objects.select_related("user", "referral").filter(pk=reward_id).first()


def lock_payout(payout_id: UUID) -> RewardPayout | None:
    """The payout as it is now; its owner is locked until commit."""
    user_id = RewardPayout.objects.filter(pk=payout_id).values_list("user_id", flat=True).first()
    if user_id is not None:
        lock_person(user_id)
    return RewardPayout.objects.select_related("user").filter(pk=payout_id).first()
