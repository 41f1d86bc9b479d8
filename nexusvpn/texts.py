"""What people write about themselves, kept from doing what they did not say: one line stays one line, and a name is no link."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from nexusvpn.errors import InvalidInput

# Control characters, lone surrogates, line and paragraph separators; of the invisible ones all but the joiners, which
# scripts and emoji need (the others turn a line's direction around or hide in it).
_NOT_IN_A_LINE = {"Cc", "Cs", "Zl", "Zp", "Cf"}
_JOINERS = "\u200c\u200d"
# What mail programs make links of: schemes, addresses, www, a dot between a word and what could be a top-level domain, IPv4.
_LINK = re.compile(r"://|www\.|@|\w[.。][^\W\d_]{2}|\d\.\d+\.\d+\.\d", re.IGNORECASE)


def one_line(text: str, field: str) -> str:
    """The text without blanks around it; raises InvalidInput if it is more than a line or holds what cannot be seen."""
    trimmed = text.strip()
    if any(unicodedata.category(sign) in _NOT_IN_A_LINE and sign not in _JOINERS for sign in trimmed):
        raise InvalidInput(fields={field: [_("Line breaks and control characters are not allowed.")]})
    return trimmed


def without_links(text: str) -> str:
    """The text, or nothing at all if a mail program would show a part of it as a link.

    For what somebody wrote who may have given another person's address: a mail of ours must not carry their advertisement.
    """
    return "" if _LINK.search(unicodedata.normalize("NFKC", text)) else text
