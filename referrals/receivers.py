from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_registered
from referrals.models import Referral


@receiver(account_registered)
def record_referral(sender: Any, user: User, referrer: User | None, **kwargs: Any) -> None:
    if referrer is not None:
        Referral.objects.create(referrer=referrer, referred=user)
