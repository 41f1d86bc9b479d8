"""What links of people and of campaigns are, and how the people that somebody brought are shown to them."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext

from accounts.services.erasure import ERASED_DOMAIN

HIDDEN = "•••"


def referral_link(code: str) -> str:
    return f"{settings.SITE_URL}/r/{code}"


def campaign_link(slug: str) -> str:
    return f"{settings.SITE_URL}/?c={slug}"


def mask_email(email: str) -> str:
    """`alice@example.com` → `a•••@e•••.com`: enough to recognise a friend, not enough to write to a stranger.

    The dots say nothing of the length. An address literal or a host without a dot shows its first letter at most.
    """
    local, _, domain = email.rpartition("@")
    if domain == ERASED_DOMAIN:
        return gettext("Account deleted")
    name, dot, ending = domain.rpartition(".")
    if not dot or domain.startswith("["):
        name, ending = domain.lstrip("["), ""
    return f"{local[:1]}{HIDDEN}@{name[:1]}{HIDDEN}{dot if ending else ''}{ending}"
