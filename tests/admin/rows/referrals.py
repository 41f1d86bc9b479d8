"""Rows of referrals, rewards and campaigns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django.utils import timezone

from referrals.models import (
    Campaign,
    CampaignDay,
    CampaignSignup,
    Referral,
    ReferralProgramme,
    Reward,
    RewardAmount,
    RewardEntry,
    RewardPayout,
)
from tests.admin.rows.accounts import new_user
from tests.factories.payments import stripe_id


def new_referral() -> Referral:
    return Referral.objects.create(referrer=new_user(), referred=new_user())


def new_reward() -> Reward:
    referral, values = new_referral(), {"amount_minor": 500, "currency": "USD", "state": "held", "reasons": ["network"]}
    values |= {"invoice_id": stripe_id("in"), "matures_at": timezone.now(), "number": 1}
    return Reward.objects.create(referral=referral, user=referral.referrer, kind="referrer", **values)


def new_reward_entry() -> RewardEntry:
    reward = new_reward()
    values = {"kind": "pending", "pending_minor": 500, "currency": "USD", "source": f"reward:{reward.pk}:pending"}
    return RewardEntry.objects.create(user=reward.user, reward=reward, **values)


def new_reward_amount() -> RewardAmount:
    code = f"X{chr(65 + RewardAmount.objects.count() // 26)}{chr(65 + RewardAmount.objects.count() % 26)}"
    return RewardAmount.objects.create(currency=code, referrer_minor=500, friend_minor=0, minimum_minor=400)


def new_campaign() -> Campaign:
    return Campaign.objects.create(name="A newsletter", slug=f"letter-{uuid4().hex[:10]}")


MAKERS: dict[type[Model], Callable[[], Any]] = {
    Campaign: new_campaign,
    CampaignDay: lambda: CampaignDay.objects.create(campaign=new_campaign(), day=timezone.now().date(), visits=3),
    CampaignSignup: lambda: CampaignSignup.objects.create(campaign=new_campaign(), user=new_user()),
    Referral: new_referral,
    ReferralProgramme: lambda: ReferralProgramme.objects.get_or_create(pk=1)[0],
    Reward: new_reward,
    RewardAmount: new_reward_amount,
    RewardEntry: new_reward_entry,
    RewardPayout: lambda: RewardPayout.objects.create(user=new_user(), amount_minor=500, currency="USD"),
}
