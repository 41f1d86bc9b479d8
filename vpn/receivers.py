from __future__ import annotations

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import Changed, account_changed, account_erased
from billing.signals import entitlement_changed
from vpn.deferred import settle_later
from vpn.services.admission import admit_customer
from vpn.services.erasure import erase_customer


@receiver(account_changed)
def follow_activity(sender: Any, user: User, what: Changed, **kwargs: Any) -> None:
    if what is Changed.ACTIVITY:
        admit_customer(user.pk)


@receiver(account_erased)
def erase_devices(sender: Any, user: User, batch: int, **kwargs: Any) -> bool:
    return erase_customer(user.pk, batch)


@receiver(entitlement_changed)
def follow_entitlement(sender: Any, user_id: UUID, **kwargs: Any) -> None:
    settle_later(user_id)
