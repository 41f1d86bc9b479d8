"""Signed names of rows for mails: short, of letters and digits alone, and the same in capitals, which mail servers may make of them.

A token says what it is for, so that an address for answers is no link to unsubscribe. It has no end of its own: whether an answer is
still taken is said by its ticket. `SECRET_KEY_FALLBACKS` keeps those of a former key.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from email.utils import parseaddr
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

# 96 bits: whoever guesses has to ask us each time.
SIGNATURE_BYTES = 12
_TOKEN = re.compile(r"[a-z2-7]{45}")
_ID_BYTES = 16


class Purpose(StrEnum):
    ANSWER = "support.tokens.answer"
    NO_NEWS = "support.tokens.no_news"


def token_for(purpose: Purpose, row_id: UUID) -> str:
    """45 small letters and digits."""
    signed = row_id.bytes + _signature(purpose, row_id, settings.SECRET_KEY)
    return base64.b32encode(signed).decode().rstrip("=").lower()


def id_in(purpose: Purpose, token: str) -> UUID | None:
    """The id that was signed for this purpose, in whatever case it came back; None for anything else."""
    token = token.lower()
    if not _TOKEN.fullmatch(token):
        return None
    signed = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    row_id = UUID(bytes=signed[:_ID_BYTES])
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    good = [constant_time_compare(signed[_ID_BYTES:], _signature(purpose, row_id, secret)) for secret in secrets]
    return row_id if any(good) else None


def _signature(purpose: Purpose, row_id: UUID, secret: str) -> bytes:
    return salted_hmac(purpose, row_id.bytes, secret=secret, algorithm="sha256").digest()[:SIGNATURE_BYTES]


def reply_address(ticket_id: UUID) -> str:
    """Where the ticket's customer may answer by mail; empty where mails cannot be answered."""
    if not settings.SUPPORT_MAIL_ADDRESS:
        return ""
    name, host = settings.SUPPORT_MAIL_ADDRESS.split("@")
    return f"{name}+{token_for(Purpose.ANSWER, ticket_id)}@{host}"


def tokens_in(recipients: Iterable[str]) -> Iterator[str]:
    """What stands as a token in headers that name recipients, in small letters; they need not be well formed."""
    name, host = settings.SUPPORT_MAIL_ADDRESS.split("@")
    address = re.compile(rf"(?<![\w.+-]){re.escape(name)}\+([a-z2-7]{{1,60}})@{re.escape(host)}(?![\w.-])")
    for header in recipients:
        yield from address.findall(header.lower())


def own_addresses() -> set[str]:
    """Where our own mails come from, and where we take them."""
    return {
        address for address in (parseaddr(settings.DEFAULT_FROM_EMAIL)[1], settings.SUPPORT_MAIL_ADDRESS) if address
    }
