"""What every page of a signed-in person says about their account."""

from __future__ import annotations

from django import template

from accounts.models import User
from accounts.services import notifications

register = template.Library()


@register.simple_tag
def unread_count(user: User) -> int:
    """How many notifications are new, up to 100."""
    return notifications.unread_count(user)
