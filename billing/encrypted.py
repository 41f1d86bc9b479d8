"""The columns of this app that are encrypted, and what each value is bound to."""

from __future__ import annotations

from billing.models import GiftCode
from billing.services.gifts import gift_place
from nexusvpn.encrypted_columns import register_encrypted


def register() -> None:
    register_encrypted(GiftCode, "code", ("id",), gift_place)
