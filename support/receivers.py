from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased
from support.services.articles import erase_votes
from support.services.tickets import erase_tickets


@receiver(account_erased)
def forget_tickets(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    return erase_tickets(user, batch)


@receiver(account_erased)
def forget_votes(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    return erase_votes(user, batch)
