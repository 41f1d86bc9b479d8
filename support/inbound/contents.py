"""What a mail holds: its text and its files. It is looked at only once its sender is known, and its cost is bounded all the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from support.inbound.charsets import decoded
from support.inbound.html_text import text_of_html

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
# Of all parts of a mail together.
_HTML_BYTES = 100_000
_TEXT_BYTES = 200_000
_LONGEST_NAME = 1000


@dataclass(frozen=True, slots=True)
class SentFile:
    name: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Content:
    text: str
    files: tuple[SentFile, ...]


def read_content(raw: bytes) -> Content:
    """What goes wrong in here is the mail's own fault, and may be any exception."""
    # Headers are left as they came: the parser of the newer policy fails by some of those that spammers write.
    message: Message = message_from_bytes(raw, policy=policy.compat32)
    files = tuple(sent for part in _leaves(message) if (sent := _file_of(part)) is not None)
    return Content(_Texts().text_of(message), files)


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


class _Texts:
    """Reads the texts of one mail, as far as there is room for them."""

    def __init__(self) -> None:
        self._room = {"html": _HTML_BYTES, "plain": _TEXT_BYTES}

    def text_of(self, message: Message, depth: int = 0) -> str:
        """The text to read: of alternatives the plain one, of a mixture all in a row."""
        if message.get_content_maintype() == "multipart" and message.is_multipart() and depth < _DEPTH:
            parts = _parts_of(message)
            if message.get_content_subtype() == "alternative":
                plain_first = sorted(parts, key=lambda part: part.get_content_type() != "text/plain")
                return next((text for part in plain_first if (text := self.text_of(part, depth + 1)).strip()), "")
            texts = [self.text_of(part, depth + 1) for part in parts]
            return "\n\n".join(text.strip("\n") for text in texts if text.strip())
        if _is_file(message) or message.get_content_maintype() == "multipart":
            return ""
        return self._read(message)

    def _read(self, part: Message) -> str:
        kind = "html" if part.get_content_subtype() == "html" else "plain"
        room = self._room[kind]
        if not room:
            return ""
        data = _bytes_of(part)
        self._room[kind] -= min(len(data), room)
        text = decoded(data, str(_parameter(part, "charset") or "utf-8"), room)
        if kind == "html":
            return text_of_html(text)
        return _unflowed(text) if str(_parameter(part, "format")).lower() == "flowed" else text


def _bytes_of(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _parameter(part: Message, name: str) -> object:
    """A parameter of the content's type; some that are badly written make the library fail."""
    try:
        value = part.get_param(name)
    except (ValueError, LookupError, TypeError):
        return ""
    return value[2] if isinstance(value, tuple) else value or ""


def _unflowed(text: str) -> str:
    """Lines that end with a blank go on in the next one (RFC 3676), but for those of another depth of quotation."""
    lines: list[list[str]] = []
    flows = False
    for line in text.split("\n"):
        quoted = line.startswith(">")
        shown = line if quoted else line.removeprefix(" ")
        if flows and not quoted and line != "-- ":
            lines[-1].append(shown)
        else:
            lines.append([shown])
        flows = line.endswith(" ") and line != "-- " and not quoted
    return "\n".join("".join(pieces) for pieces in lines)


def _name_of(part: Message) -> str:
    try:
        name = str(make_header(decode_header((part.get_filename() or "")[:_LONGEST_NAME])))
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
    data = _bytes_of(part)
    inline = part.get_content_disposition() != "attachment"
    if inline and part.get_content_maintype() == "image" and len(data) < _DECORATION_BYTES:
        return None
    return SentFile(_name_of(part) or f"file.{part.get_content_subtype()}", kind, data)
