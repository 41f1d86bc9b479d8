from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_activity_changed
from vpn.services.devices import admit_devices


@receiver(account_activity_changed)
def follow_activity(sender: Any, user: User, active: bool, **kwargs: Any) -> None:
    admit_devices(user_id=user.pk, admitted=active)
