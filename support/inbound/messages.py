"""A mail as it came, broken as it may be: who sent it to whom, its text and its files. Nothing here trusts a header or fails by one."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import Any

from support.inbound.automatic import why_automatic
from support.inbound.html_text import text_of_html

# Those who are written to, and where the mail server found them.
_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
# Signatures of programs, of no use to anybody who reads the thread.
_NO_FILES = {
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "text/calendar",
}
# A picture within the text that is smaller is a line's end or a logo.
_DECORATION_BYTES = 4096
# Of parts in parts; a mail of a person has four or five.
_DEPTH = 20
_PARTS = 200
_HTML_CHARACTERS = 1_000_000
_TEXT_CHARACTERS = 200_000
# What Windows programs call their own charset; browsers take it so too (encoding.spec.whatwg.org).
_MEANT = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8"}


class UnreadableMail(Exception):
    """There is no mail in it."""


@dataclass(frozen=True, slots=True)
class SentFile:
    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SentMail:
    """`sender` is empty where there is not exactly one. `automatic` is a code, or empty for what a person wrote."""

    fingerprint: str
    sender: str
    recipients: tuple[str, ...]
    automatic: str
    text: str
    files: tuple[SentFile, ...]


def read_mail(raw: bytes) -> SentMail:
    """Raises UnreadableMail for what has neither a sender nor a recipient."""
    try:
        # Headers are left as they came: the parser of the newer policy fails by some of those that spammers write.
        message: Message = message_from_bytes(raw, policy=policy.compat32)
    except (MessageError, ValueError, LookupError, RecursionError) as error:
        raise UnreadableMail from error
    recipients = tuple(value for name in _RECIPIENTS for value in _values(message, name))
    if not recipients and not _values(message, "From"):
        raise UnreadableMail
    sender = _only_address(_values(message, "From"))
    automatic = why_automatic(lambda name: _first(message, name), sender, message.get_content_type())
    message_id = _first(message, "Message-ID").strip()
    fingerprint = hashlib.sha256(message_id.encode() if message_id else raw).hexdigest()
    parts = list(_leaves(message))
    files = tuple(sent for part in parts if (sent := _file_of(part)) is not None)
    return SentMail(fingerprint, sender, recipients, automatic, _text_of(message), files)


def _values(message: Message, name: str) -> list[str]:
    """As plain text; bytes that are none are left out."""
    raw = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
    return [value.encode("utf-8", "surrogateescape").decode("utf-8", "ignore") for value in raw]


def _first(message: Message, name: str) -> str:
    values = _values(message, name)
    return values[0] if values else ""


def _only_address(values: list[str]) -> str:
    if len(values) != 1:
        return ""
    unfolded = re.sub(r"[\r\n]+\s*", " ", values[0])
    addresses = [address for _, address in getaddresses([unfolded]) if address]
    return addresses[0].lower() if len(addresses) == 1 and "@" in addresses[0] else ""


def _leaves(message: Message, depth: int = 0) -> Iterable[Message]:
    """The parts that hold something, in their order. A mail that is attached is one of them, and is not looked into."""
    if message.get_content_maintype() == "multipart" and message.is_multipart() and depth < _DEPTH:
        for part in _parts_of(message):
            yield from _leaves(part, depth + 1)
    else:
        yield message


def _parts_of(message: Message) -> list[Message]:
    parts: Any = message.get_payload()
    return [part for part in parts[:_PARTS] if isinstance(part, Message)]


def _is_file(part: Message) -> bool:
    if part.get_content_maintype() == "multipart":
        # One that has no parts: it holds nothing.
        return False
    if part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
        return True
    return part.get_content_subtype() not in ("plain", "html") or bool(_name_of(part))


def _text_of(message: Message, depth: int = 0) -> str:
    """The text to read: of alternatives the plain one, of a mixture all in a row."""
    if message.get_content_maintype() == "multipart" and message.is_multipart() and depth < _DEPTH:
        parts = _parts_of(message)
        if message.get_content_subtype() == "alternative":
            plain_first = sorted(parts, key=lambda part: part.get_content_type() != "text/plain")
            return next((text for part in plain_first if (text := _text_of(part, depth + 1)).strip()), "")
        texts = [_text_of(part, depth + 1) for part in parts]
        return "\n\n".join(text.strip("\n") for text in texts if text.strip())
    if _is_file(message) or message.get_content_maintype() == "multipart":
        return ""
    text = _decoded(message)
    if message.get_content_subtype() == "html":
        return text_of_html(text[:_HTML_CHARACTERS])[:_TEXT_CHARACTERS]
    text = text[:_TEXT_CHARACTERS]
    return _unflowed(text) if str(_parameter(message, "format")).lower() == "flowed" else text


def _decoded(part: Message) -> str:
    """In the charset that it names, if that is one and fits; else in what fits."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    named = str(_parameter(part, "charset") or "utf-8").strip("\"' ").lower()
    for charset in (_MEANT.get(named, named), "utf-8"):
        try:
            return _seen(data.decode(charset))
        except (LookupError, ValueError):
            continue
    return _seen(data.decode("cp1252", "replace"))


def _parameter(part: Message, name: str) -> object:
    """A parameter of the content's type; some that are badly written make the library fail."""
    try:
        value = part.get_param(name)
    except (ValueError, LookupError, TypeError):
        return ""
    return value[2] if isinstance(value, tuple) else value or ""


def _seen(text: str) -> str:
    """Without what no database takes and nobody sees: control characters and halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))


def _unflowed(text: str) -> str:
    """Lines that end with a blank go on in the next one (RFC 3676), but for those of another depth of quotation."""
    lines: list[str] = []
    flows = False
    for line in text.split("\n"):
        quoted = line.startswith(">")
        if flows and lines and not quoted and line != "-- ":
            lines[-1] += line.removeprefix(" ")
        else:
            lines.append(line if quoted else line.removeprefix(" "))
        flows = line.endswith(" ") and line != "-- " and not quoted
    return "\n".join(lines)


def _name_of(part: Message) -> str:
    try:
        name = str(make_header(decode_header(part.get_filename() or "")))
    except (ValueError, LookupError, TypeError, MessageError):
        name = ""
    return "".join(sign for sign in name if sign.isprintable())[:200]


def _file_of(part: Message) -> SentFile | None:
    kind = part.get_content_type()
    if not _is_file(part) or kind in _NO_FILES:
        return None
    if kind.startswith("message/"):
        # A mail within the mail: named, so that its sender learns that nobody has read it.
        return SentFile(_name_of(part) or "mail.eml", kind, b"")
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    inline = part.get_content_disposition() != "attachment"
    if inline and part.get_content_maintype() == "image" and len(data) < _DECORATION_BYTES:
        return None
    return SentFile(_name_of(part) or f"file.{part.get_content_subtype()}", kind, data)
