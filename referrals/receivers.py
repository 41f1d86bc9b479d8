from __future__ import annotations

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased, account_registered
from billing.signals import payment_succeeded
from referrals.models import Referral
from referrals.services.campaigns import forget_person, record_first_payment, record_sign_up
from referrals.services.erasure import erase_referrals
from referrals.services.rewards import record_payment
from referrals.services.suspicion import reasons_at_sign_up


@receiver(account_registered)
def record_referral(sender: Any, user: User, referrer: User | None, **kwargs: Any) -> None:
    if referrer is not None:
        reasons = reasons_at_sign_up(referrer_id=referrer.pk, referred_id=user.pk)
        Referral.objects.create(referrer=referrer, referred=user, reasons=reasons)


@receiver(payment_succeeded)
def reward_payment(sender: Any, user_id: UUID, invoice_id: str, **kwargs: Any) -> None:
    record_payment(user_id=user_id, invoice_id=invoice_id)


@receiver(account_registered)
def count_sign_up(sender: Any, user: User, campaign: str, **kwargs: Any) -> None:
    record_sign_up(user, campaign)


@receiver(payment_succeeded)
def count_first_payment(sender: Any, user_id: UUID, invoice_id: str, **kwargs: Any) -> None:
    record_first_payment(user_id, invoice_id)


@receiver(account_erased)
def forget_which_campaign(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    forget_person(user)
    return False


@receiver(account_erased)
def forget_whom_they_brought(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    return erase_referrals(user, batch)
