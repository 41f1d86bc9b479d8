"""What staff who act as a customer may do outside the admin, and who it is that acts in the request being answered.

Pages are named as in the apps' `urls.py`: the apps above need not know that somebody acts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User

# Harmless, undone by the same page, and what customers ask for help with. Everything else only shows.
WRITES = frozenset({"device-rename", "device-suspend", "device-resume", "notification-open", "notifications-read-all"})
END = "acting-end"
# The act of the audit log.
ACTING_ENDED = "acting_ended"
# Signing out is staff's own: the acting ends with it.
SIGN_OUT = "logout"
# Language and colours are the browser's: a cookie of staff's own, and nothing of the customer's.
APPEARANCE = "appearance"
# Not even shown: what makes, asks for or holds credentials, keys and payments, and what leaves the service.
CLOSED = (
    "account-",
    "api-key",
    "billing-checkout",
    "billing-portal",
    "billing-success",
    "device-config",
    "device-new",
    "device-rotate-key",
    "email-change",
    "export-",
    "login",
    "password-",
    "referral-link",
    "security-",
    "session-",
    "sessions-",
    "signup",
    "verify-",
)


@dataclass(frozen=True, slots=True)
class Acting:
    """`staff` sees the pages of `customer` in the request being answered."""

    staff: User
    customer: User
    until: datetime


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting_as(acting: Acting) -> Iterator[None]:
    token = _acting.set(acting)
    try:
        yield
    finally:
        _acting.reset(token)


def who_did(actor: object | None) -> object | None:
    """For the audit log: what is done in a customer's name by staff who act as them was done by staff."""
    acting = _acting.get()
    if acting is not None and isinstance(actor, User) and actor.pk == acting.customer.pk:
        return acting.staff
    return actor


def is_shown(page: str) -> bool:
    return not page.startswith(CLOSED)
