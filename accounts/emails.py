from __future__ import annotations

from accounts.models import User
from accounts.people import greeting_name
from accounts.services.outbox import queue_mail


def queue_welcome(user: User) -> None:
    """Queued inside the transaction that makes the account, sent after its commit."""
    queue_mail("welcome", user.email, {"name": greeting_name(user)}, user=user)
