"""What an API key may be good for. Every view says which scope it asks for; a view that says none takes no API key."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """The names that keys carry. `READ` covers every GET of a view that has a scope; the others also change things there."""

    READ = "read"
    DEVICES = "devices"
    BILLING = "billing"
    SUPPORT = "support"
    REFERRALS = "referrals"
    PROFILE = "profile"
