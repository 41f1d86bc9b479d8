from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import Changed, account_changed, account_erased
from billing.services.customers import tell_contact
from billing.services.erasure import erase_payments
from billing.services.grants import close_grants
from billing.services.leaving import follow_leaving


@receiver(account_changed)
def follow_account(sender: Any, user: User, what: Changed, **kwargs: Any) -> None:
    if what is Changed.ACTIVITY:
        follow_leaving(user.pk)
    else:
        tell_contact(user)


@receiver(account_erased)
def forget_payments(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    close_grants(user)
    return erase_payments(user, batch)
