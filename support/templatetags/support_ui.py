"""What every page of a signed-in person says from us."""

from __future__ import annotations

from django import template

from accounts.models import User
from support.services import announcements
from support.services.announcements import Shown

register = template.Library()


@register.simple_tag
def banners_for(user: User) -> list[Shown]:
    """Announcements that the person has not put away."""
    return announcements.banners_for(user)
