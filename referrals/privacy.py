"""What referrals hold about people: in words, and for their export."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from referrals.links import mask_email
from referrals.models import CampaignSignup, Referral


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


def register() -> None:
    _register_campaigns()
    register_section("referrals", "Whom you brought, and whether somebody brought you.", _referrals)
    register_stored(
        StoredKind(
            "referrals.Referral",
            "Who brought whom.",
            "To thank for it.",
            "As long as one of the two has the account; it names nobody who is gone.",
            section="referrals",
        )
    )


def _register_campaigns() -> None:
    register_section("campaigns", "By which link of ours you came before you signed up.", _campaigns)
    register_stored(
        StoredKind(
            "referrals.Campaign",
            "Links of ours by which people come.",
            "To know which of our announcements are read.",
            "Always.",
            about_people=False,
        ),
        StoredKind(
            "referrals.CampaignDay",
            "How many browsers came by a link on a day; not which ones.",
            "To know which of our announcements are read.",
            "Always.",
            about_people=False,
        ),
        StoredKind(
            "referrals.CampaignSignup",
            "By which link of ours you came before you signed up, and your first payment.",
            "To know which of our announcements bring customers.",
            "{CAMPAIGN_SIGNUPS_KEPT_DAYS} days after you signed up; then it is a number that is nobody's.",
            section="campaigns",
        ),
    )
