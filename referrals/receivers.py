from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased, account_registered
from nexusvpn.batches import delete_some
from referrals.models import Referral


@receiver(account_registered)
def record_referral(sender: Any, user: User, referrer: User | None, **kwargs: Any) -> None:
    if referrer is not None:
        Referral.objects.create(referrer=referrer, referred=user)


@receiver(account_erased)
def forget_whom_they_brought(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    """Who brought them keeps the number; whom they brought is nobody's business any more."""
    return delete_some(Referral.objects.made_by(user), batch)
