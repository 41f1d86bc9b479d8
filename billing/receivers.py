from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased
from billing.services.grants import close_grants


@receiver(account_erased)
def forget_reasons(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    close_grants(user)
    return False
