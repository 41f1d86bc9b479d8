"""What referrals hold about people: in words, and for their export."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from nexusvpn.languages import lazy as _
from referrals.links import mask_email
from referrals.models import CampaignSignup, Referral, Reward, RewardEntry, RewardPayout


def _referrals(user: User) -> dict[str, Any]:
    """The people at the other ends are named as on the person's own page: not at all, or masked."""
    brought = Referral.objects.made_by(user).values_list("referred__email", "created_at")
    came = Referral.objects.filter(referred=user).values_list("created_at", flat=True).first()
    return {
        "you_brought": [
            {"email": mask_email(email), "created_at": at} for email, at in brought.iterator(chunk_size=2_000)
        ],
        "somebody_brought_you_at": came,
    }


def _campaigns(user: User) -> list[dict[str, Any]]:
    signups = CampaignSignup.objects.filter(user=user)
    return rows_of(signups, "created_at", "paid_at", "paid_minor", "currency", link=F("campaign__slug"))


# Nobody is told that something was held or refused: who knew would know what to avoid.
TOLD = {Reward.State.HELD: Reward.State.PENDING, Reward.State.REFUSED: Reward.State.CANCELLED}


def _rewards(user: User) -> dict[str, Any]:
    own = Reward.objects.filter(user=user).order_by("created_at", "pk")
    rewards = rows_of(own, "kind", "amount_minor", "currency", "state", "created_at", "matures_at")
    entries = RewardEntry.objects.filter(user=user).order_by("pk")
    payouts = RewardPayout.objects.filter(user=user).order_by("created_at", "pk")
    return {
        "rewards": [{**reward, "state": TOLD.get(reward["state"], reward["state"])} for reward in rewards],
        "movements": rows_of(entries, "kind", "pending_minor", "available_minor", "currency", "occurred_at"),
        "payouts": rows_of(payouts, "amount_minor", "currency", "state", "created_at", "finished_at"),
    }


def _register_rewards() -> None:
    register_section("rewards", _("What you got for bringing friends, and for coming by one."), _rewards)
    why, kept = (
        _("To give you what you were promised, once."),
        _("For the books, also after you left; then they name nobody."),
    )
    register_stored(
        StoredKind("referrals.Reward", _("What a friend's payment is worth to you."), why, kept, section="rewards"),
        StoredKind("referrals.RewardEntry", _("Each movement of your rewards."), why, kept, section="rewards"),
        StoredKind("referrals.RewardPayout", _("What went to your invoices."), why, kept, section="rewards"),
        StoredKind(
            "referrals.ReferralProgramme",
            _("The rules of rewards."),
            _("They are the same for everybody."),
            _("As long as they hold."),
            about_people=False,
        ),
        StoredKind(
            "referrals.RewardAmount",
            _("What a reward is in each currency."),
            _("It is the same for everybody."),
            _("As long as it holds."),
            about_people=False,
        ),
    )


def register() -> None:
    _register_campaigns()
    register_section("referrals", _("Whom you brought, and whether somebody brought you."), _referrals)
    _register_rewards()
    register_stored(
        StoredKind(
            "referrals.Referral",
            _("Who brought whom."),
            _("To thank for it."),
            _(
                "As long as one of the two has the account, and longer where a reward refers to it; it names nobody who is gone."
            ),
            section="referrals",
        )
    )


def _register_campaigns() -> None:
    register_section("campaigns", _("By which link of ours you came before you signed up."), _campaigns)
    register_stored(
        StoredKind(
            "referrals.Campaign",
            _("Links of ours by which people come."),
            _("To know which of our announcements are read."),
            _("Always."),
            about_people=False,
        ),
        StoredKind(
            "referrals.CampaignDay",
            _("How many browsers came by a link on a day; not which ones."),
            _("To know which of our announcements are read."),
            _("Always."),
            about_people=False,
        ),
        StoredKind(
            "referrals.CampaignSignup",
            _("By which link of ours you came before you signed up, and your first payment."),
            _("To know which of our announcements bring customers."),
            _("{CAMPAIGN_SIGNUPS_KEPT_DAYS} days after you signed up; then it is a number that is nobody's."),
            section="campaigns",
        ),
    )
