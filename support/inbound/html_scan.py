"""The tags and words of HTML in one pass: every character is looked at a bounded number of times, whatever a mail was made to be.

The standard library's parser begins anew at each sign that it cannot place, and takes minutes for some kilobytes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_NAME = re.compile(r"[a-zA-Z][^\s/>]{0,30}")
# Within a tag: its end, or a value whose quotes may hold one.
_END_OR_QUOTE = re.compile(r">|=\s*[\"']")
_NAMED = re.compile(r"(?<![\w-])(?:class|id)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE)
_ATTRIBUTES = 2000
# What is no markup until its own end.
_RAW_ENDS = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}
# No character has so many figures, and Python refuses to count some of them.
_HUGE_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")


@dataclass(frozen=True, slots=True)
class Piece:
    """A start with its tag, and its classes and id as `named`; an end with its tag; or words."""

    kind: Literal["start", "end", "words"]
    value: str
    named: str = ""


def pieces_of(source: str) -> Iterator[Piece]:
    """What is begun and never ended is left out, with what follows it."""
    place = 0
    while place < len(source):
        begin = source.find("<", place)
        if begin < 0:
            yield _words(source[place:])
            return
        if begin > place:
            yield _words(source[place:begin])
        piece, place = _markup(source, begin)
        if piece is not None:
            yield piece
        raw_end = _RAW_ENDS.get(piece.value) if piece is not None and piece.kind == "start" else None
        if raw_end is not None:
            found = raw_end.search(source, place)
            place = found.start() if found else len(source)


def _markup(source: str, begin: int) -> tuple[Piece | None, int]:
    """What begins with this `<`, and where it ends."""
    if source.startswith("<!--", begin):
        return None, _after(source, "-->", begin + 2)
    if source.startswith(("<!", "<?"), begin):
        return None, _after(source, ">", begin)
    is_end = source.startswith("</", begin)
    name = _NAME.match(source, begin + 1 + is_end)
    if name is None:
        return (None, _after(source, ">", begin)) if is_end else (Piece("words", "<"), begin + 1)
    tag = name[0].lower()
    if is_end:
        return Piece("end", tag), _after(source, ">", begin)
    end = _end_of_tag(source, name.end())
    if end is None:
        return None, len(source)
    attributes = source[name.end() : min(end, name.end() + _ATTRIBUTES)]
    named = " ".join("".join(values) for values in _NAMED.findall(attributes))
    return Piece("start", tag, named), end


def _after(source: str, sign: str, begin: int) -> int:
    found = source.find(sign, begin)
    return found + len(sign) if found >= 0 else len(source)


def _end_of_tag(source: str, place: int) -> int | None:
    while (found := _END_OR_QUOTE.search(source, place)) is not None:
        if found[0] == ">":
            return found.end()
        closed = source.find(found[0][-1], found.end())
        if closed < 0:
            return None
        place = closed + 1
    return None


def _words(source: str) -> Piece:
    return Piece("words", html.unescape(_HUGE_NUMBER.sub("\ufffd", source)))
