from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased
from support.services.announcements import forget_put_away
from support.services.articles import erase_votes
from support.services.kept_files import forget_sender
from support.services.retention import erase_tickets


@receiver(account_erased)
def forget_tickets(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    return erase_tickets(user, batch)


@receiver(account_erased)
def forget_who_sent_files(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    return forget_sender(user, batch)


@receiver(account_erased)
def forget_votes(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    return erase_votes(user, batch)


@receiver(account_erased)
def forget_what_they_put_away(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    return forget_put_away(user, batch)
