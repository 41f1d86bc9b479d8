"""What referrals hold about people: in words, and for their export."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored
from referrals.links import mask_email
from referrals.models import Referral


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


def register() -> None:
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
