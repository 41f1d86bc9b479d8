"""A mail as it came, broken as it may be: who sent it to whom. Nothing here trusts a header or fails by one.

Strangers send mails too, so what a mail holds is read only when it is asked for.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from functools import cached_property

from support.inbound.automatic import why_automatic
from support.inbound.contents import Content, SentFile, read_content

# Those who are written to, and where the mail server found them.
_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
# Of all headers together; mail servers take no more.
_HEAD_BYTES = 128 * 1024
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
# Of one header, but for those that name many recipients.
_HEADER_CHARACTERS = 2000


class UnreadableMail(Exception):
    """There is no mail in it, or none that can be read."""


@dataclass(frozen=True)
class SentMail:
    """`sender` is empty where there is not exactly one. `automatic` is a code, or empty for what a person wrote."""

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    automatic: str
    raw: bytes = field(repr=False)

    def fingerprint(self, goes_to: str) -> str:
        """What the same mail has again, on its way to the same place. Of another sender it is another mail, whatever it calls itself."""
        itself = self.message_id.encode() or self.raw
        said = (self.sender.encode(), goes_to.encode(), itself)
        return hashlib.sha256(b"\0".join(said)).hexdigest()

    @property
    def text(self) -> str:
        """Raises UnreadableMail."""
        return self._content.text

    @property
    def files(self) -> tuple[SentFile, ...]:
        """Raises UnreadableMail."""
        return self._content.files

    @cached_property
    def _content(self) -> Content:
        try:
            return read_content(self.raw)
        except Exception as error:
            # Nothing but the mail had a part in it, so it would fail again: the library raises what it likes.
            raise UnreadableMail from error


def read_mail(raw: bytes) -> SentMail:
    """Raises UnreadableMail for what has neither a sender nor a recipient."""
    message = _head(raw)
    recipients = tuple(value for name in _RECIPIENTS for value in _values(message, name))
    if not recipients and not _values(message, "From"):
        raise UnreadableMail
    sender = _only_address(_values(message, "From"))
    automatic = why_automatic(lambda name: _first(message, name), sender, message.get_content_type())
    return SentMail(_first(message, "Message-ID").strip(), sender, recipients, automatic, raw)


def _head(raw: bytes) -> Message:
    begin = raw[:_HEAD_BYTES]
    end = _END_OF_HEAD.search(begin)
    if end is None and len(raw) > _HEAD_BYTES:
        raise UnreadableMail
    try:
        # Headers are left as they came: the parser of the newer policy fails by some of those that spammers write.
        message: Message = BytesHeaderParser(policy=compat32).parsebytes(begin[: end.end()] if end else begin)
    except Exception as error:
        raise UnreadableMail from error
    # What says how the parts are told apart is read many times.
    if any(len(value) > _HEADER_CHARACTERS for value in _values(message, "Content-Type")):
        raise UnreadableMail
    return message


def _values(message: Message, name: str) -> list[str]:
    """As plain text; bytes that are none are left out."""
    raw = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
    return [value.encode("utf-8", "surrogateescape").decode("utf-8", "ignore") for value in raw]


def _first(message: Message, name: str) -> str:
    values = _values(message, name)
    return values[0][:_HEADER_CHARACTERS] if values else ""


def _only_address(values: list[str]) -> str:
    if len(values) != 1 or len(values[0]) > _HEADER_CHARACTERS:
        return ""
    unfolded = re.sub(r"[\r\n]+\s*", " ", values[0])
    try:
        addresses = [address for _, address in getaddresses([unfolded]) if address]
    except (RecursionError, ValueError, IndexError):
        # Comments in comments, and what else the library cannot end.
        return ""
    return addresses[0].lower() if len(addresses) == 1 and "@" in addresses[0] else ""
