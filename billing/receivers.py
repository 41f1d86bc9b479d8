from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_activity_changed, account_erased, language_chosen
from billing.services.customers import tell_language
from billing.services.erasure import erase_payments
from billing.services.grants import close_grants
from billing.services.leaving import follow_leaving


@receiver(account_activity_changed)
def end_payments(sender: Any, user: User, active: bool, **kwargs: Any) -> None:
    follow_leaving(user.pk)


@receiver(language_chosen)
def follow_language(sender: Any, user: User, **kwargs: Any) -> None:
    tell_language(user)


@receiver(account_erased)
def forget_payments(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    close_grants(user)
    return erase_payments(user, batch)
