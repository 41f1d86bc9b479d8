from __future__ import annotations

from typing import Any

from rest_framework import serializers

from referrals.models import ReferralProgramme
from referrals.reward_states import JOINED, SHOWN

STATE_HELP = (
    "`pending` until its date, `review` while we look at it, `earned`, `credited` once it went to the balance for your"
    " invoices, `cancelled` if its payment went back."
)
MINOR_HELP = "In the currency's smallest unit."


class RewardSumView(serializers.Serializer[Any]):
    """The rewards for one friend that have the same state and currency."""

    state = serializers.ChoiceField(choices=SHOWN, help_text=STATE_HELP)
    currency = serializers.CharField()
    amount_minor = serializers.IntegerField(help_text=MINOR_HELP)
    count = serializers.IntegerField()
    matures_at = serializers.DateTimeField(allow_null=True, help_text="When the first of those pending is earned.")


class ReferralView(serializers.Serializer[Any]):
    email = serializers.CharField(help_text="Masked, for example a•••@e•••.com.")
    created_at = serializers.DateTimeField()
    state = serializers.ChoiceField(
        choices=(JOINED, *SHOWN), help_text="Of the latest reward; `joined` while there is none."
    )
    awaits_payment = serializers.BooleanField(help_text="Whether they have not paid for anything yet.")
    reward = RewardSumView(many=True)


class ReferralCountsView(serializers.Serializer[Any]):
    total = serializers.IntegerField(help_text="People who joined with the link.")


class RewardTotalView(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=SHOWN)
    currency = serializers.CharField()
    count = serializers.IntegerField()
    amount_minor = serializers.IntegerField(help_text=MINOR_HELP)


class CreditView(serializers.Serializer[Any]):
    currency = serializers.CharField()
    pending_minor = serializers.IntegerField()
    available_minor = serializers.IntegerField(
        help_text="Earned and not sent yet. Below nothing: spent before its payment went back; later rewards make up for it."
    )
    sent_minor = serializers.IntegerField(help_text="Sent to the balance that your invoices are paid from first.")


class RewardAmountView(serializers.Serializer[Any]):
    currency = serializers.CharField()
    referrer_minor = serializers.IntegerField()
    friend_minor = serializers.IntegerField()


class ProgrammeView(serializers.Serializer[Any]):
    is_open = serializers.BooleanField(help_text="Whether new rewards are given.")
    mode = serializers.ChoiceField(choices=ReferralProgramme.Mode.choices)
    months = serializers.IntegerField(help_text="With `every`: for so many months from the friend's first payment.")
    hold_days = serializers.IntegerField(help_text="Between a payment and the day its reward is earned.")
    amounts = RewardAmountView(many=True)


class ReferralSummaryView(serializers.Serializer[Any]):
    code = serializers.CharField()
    link = serializers.CharField()
    share_text = serializers.CharField()
    counts = ReferralCountsView()
    reward = RewardTotalView(many=True, help_text="For bringing friends, by state and currency.")
    own_reward = RewardTotalView(many=True, help_text="For having been brought.")
    credit = CreditView(many=True, help_text="Of both together, by currency.")
    next_steps = serializers.ListField(child=serializers.CharField(), help_text="What is needed now, in words.")
    programme = ProgrammeView()
