"""Writing to people about their plan and their payments."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from accounts.people import greeting_name
from accounts.services.notifications import Kind, Words, notify

# Nobody is written to about what is long past: the first look after an outage, or at what was restored from a copy.
NEWS_FOR = timedelta(days=14)
PAGE = "/billing"


def may_hear(user: User, moment: datetime) -> bool:
    """Whether what happened then is still news, and there is somebody to tell."""
    return user.erased_at is None and moment > timezone.now() - NEWS_FOR


def write_to(user: User, title: Words, mail: str, **context: object) -> None:
    """A line in the person's list and a mail (a folder below templates/emails), in the transaction that makes it true.

    The title is lazy, or a function where something is filled in: it is said in the person's language.
    """
    context["name"] = greeting_name(user)
    notify(user, Kind.BILLING, title, link=PAGE, mail=mail, context=context)
