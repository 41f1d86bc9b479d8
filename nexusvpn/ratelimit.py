"""Every limit of the product, by name. Pages and API call the same function; both answer 429 with `Retry-After`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django_ratelimit.core import get_usage

from nexusvpn.errors import RateLimited


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `rate` ("5/m") per value of the key; the count is taken before any transaction is opened."""

    name: str
    rate: str


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """At most `count` failures of one account in any `seconds`. They are rows that are counted under the account's lock."""

    count: int
    seconds: int
    # A new password of the account begins the count anew.
    until_new_password: bool = False


LOGIN_ADDRESS = Limit("login-address", "5/m")
LOGIN_ACCOUNT = Limit("login-account", "5/m")
# Wrong codes of a second factor: a guess hits with 3 in a million.
WRONG_CODES = (FailureLimit(5, 300), FailureLimit(20, 86_400, until_new_password=True))
# The password once more, of somebody who is signed in.
REAUTHENTICATION = Limit("reauthentication", "5/m")
# A challenge is answered once. Its window is longer than the challenge's life.
PASSKEY_CHALLENGE = Limit("passkey-challenge", "1/h")
REGISTER = Limit("register", "3/m")
# Asking for a mail with a link. What one mailbox gets is bounded besides (accounts.services.email_tokens).
MAILED_LINK = Limit("mailed-link", "5/m")
# Bringing a mailed link's secret.
LINK_USE = Limit("link-use", "20/m")
CHALLENGE = Limit("challenge", "20/m")
CHECKOUT = Limit("checkout", "10/m")
# What became of a payment page: while it is open, Stripe is asked each time.
CHECKOUT_LOOK = Limit("checkout-look", "10/m")
# Ending, keeping, pausing a subscription: each asks Stripe for something.
SUBSCRIPTION = Limit("subscription", "10/m")
# Tries at gift codes, of an account: whoever guesses has no code, and whoever mistypes needs few.
GIFT_CODE = Limit("gift-code", "10/h")
# A configuration for every location: each may take an address of its server.
CONFIG_BUNDLE = Limit("config-bundle", "6/m")
# Messages with files: to look at them takes a processor some seconds.
UPLOADS = Limit("uploads", "30/h")
# What one person writes to support, with files or without; staff's answers in the admin are not counted.
NEW_TICKETS = Limit("new-tickets", "20/h")
TICKET_ANSWERS = Limit("ticket-answers", "60/h")
EVERYTHING = Limit("everything", "100/m")
# What pages that are left open ask by themselves, 40 times a minute each: an outage is watched by many behind one address, and what
# they look at must not take from what they do.
OPEN_PAGES = Limit("open-pages", "600/m")
# Not what somebody may do, but how often the audit log says that they may not.
DENIALS_NOTED = Limit("denials-noted", "1/m")
NODE_ENROL = Limit("node-enrol", "10/m")
NODE = Limit("node", "3000/m")
NODE_FAILURES = Limit("node-failures", "30/m")


def enforce(request: HttpRequest | None, limit: Limit, key: str | None = None) -> None:
    """Count this request against `limit`; raises RateLimited when it is one too many.

    `key` is whom to count: an account, a user's id, a node. Without it the client's address counts (IPv6 by its /64). What comes in
    another way than by a request has a key.
    """
    usage = _usage(request, limit, key, increment=True)
    if usage is not None and usage["should_limit"]:
        raise RateLimited(retry_after=max(1, usage["time_left"] + 1))


def refuse_spent(request: HttpRequest, limit: Limit, key: str | None = None) -> None:
    """Raise RateLimited when nothing is left of `limit`, without counting: for limits that only failures count against."""
    usage = _usage(request, limit, key, increment=False)
    if usage is not None and usage["count"] >= usage["limit"]:
        raise RateLimited(retry_after=max(1, usage["time_left"] + 1))


def _usage(request: HttpRequest | None, limit: Limit, key: str | None, *, increment: bool) -> dict[str, Any] | None:
    """The window's `count`, `limit` and `time_left`; None while limits are switched off."""
    who: Any = (lambda group, request: key) if key is not None else "ip"
    usage: dict[str, Any] | None = get_usage(request, group=limit.name, key=who, rate=limit.rate, increment=increment)
    return usage


def enforce_everything(request: HttpRequest, user_id: object | None) -> None:
    """The limit on everything: per user when there is one, otherwise per client address."""
    enforce_for_anybody(request, EVERYTHING, user_id)


def enforce_for_anybody(request: HttpRequest, limit: Limit, user_id: object | None) -> None:
    """`limit` per user when there is one, otherwise per client address."""
    enforce(request, limit, f"user:{user_id}" if user_id is not None else None)
