"""The people somebody brought, page by page, with their addresses masked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import User
from nexusvpn.api.cursors import CursorRequest, Slice
from nexusvpn.api.pagination import Page, PageRequest, fetch_list, fetch_page
from referrals.links import mask_email
from referrals.models import Referral

COLUMNS = ("referred__email", "created_at")


def _row(email: str, created_at: datetime) -> dict[str, Any]:
    return {"email": mask_email(email), "created_at": created_at}


def referrals_page(user: User, wanted: PageRequest) -> Page:
    """`email` (masked) and `created_at` of each, the newest first. No full address leaves this function."""
    return fetch_page(Referral.objects.made_by(user), wanted, COLUMNS, _row)


def referrals_list(user: User, wanted: PageRequest | CursorRequest) -> Page | Slice:
    """The same, page by page or slice by slice."""
    return fetch_list(Referral.objects.made_by(user), wanted, COLUMNS, _row)
