"""Rows of every model in the admin, each with rows of its own to refer to, as lists show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from tests.admin.rows import accounts, billing, libraries, referrals, support, vpn

MAKERS: dict[type[Model], Callable[[], Any]] = {
    **accounts.MAKERS,
    **billing.MAKERS,
    **vpn.MAKERS,
    **referrals.MAKERS,
    **support.MAKERS,
    **libraries.MAKERS,
}
