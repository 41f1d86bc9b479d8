"""Addresses of mail where there is no room for them: a line ends before "@" or ".", not before the last letter."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# A tag with all that its attributes hold, or what stands between two tags.
_PIECE = re.compile(r"""<(?:"[^"]*"|'[^']*'|[^"'>])*>|[^<]+""")
_WORD = re.compile(r"\S+")
# Neither the first sign of a word nor the last. What is escaped has none of them: "&lt;", "&#x27;".
_BREAK = re.compile(r"(?<=[^.@])(?=[.@][^.@])")


@register.filter(expects_localtime=True)
def breakable(shown: Any) -> SafeString:
    """As `{{ shown }}` would be, with a place to break before each "@" and "." of an address; tags stay as they are."""
    markup = conditional_escape(localize(shown))
    # Between what is escaped already only our own tag is added, and nothing inside of another.
    return mark_safe(_PIECE.sub(_break_text, markup) if "@" in markup else markup)  # noqa: S308


@register.filter
def address(email: str) -> SafeString:
    """An address within a sentence: on a line of its own in one piece, if there is one as long."""
    return format_html('<span class="address">{}</span>', breakable(email))


def _break_text(piece: re.Match[str]) -> str:
    return piece[0] if piece[0].startswith("<") else _WORD.sub(_break_word, piece[0])


def _break_word(word: re.Match[str]) -> str:
    return _BREAK.sub("<wbr>", word[0]) if "@" in word[0] else word[0]
