from referrals.models.campaigns import Campaign, CampaignDay, CampaignSignup
from referrals.models.programme import ReferralProgramme, RewardAmount
from referrals.models.referrals import Referral
from referrals.models.rewards import Reward, RewardEntry, RewardPayout

__all__ = [
    "Campaign",
    "CampaignDay",
    "CampaignSignup",
    "Referral",
    "ReferralProgramme",
    "Reward",
    "RewardAmount",
    "RewardEntry",
    "RewardPayout",
]
