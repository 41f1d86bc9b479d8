"""Bytes of a mail as text. Python has codecs that are no charsets, and some that take hours: those of mails alone may be named."""

from __future__ import annotations

import codecs
import unicodedata

# By Python's own names, to which every other name of the same charset leads.
_CHARSETS = frozenset(
    [
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "koi8-r", "koi8-u", "tis-620", "mac-roman"),
        *(f"iso8859-{number}" for number in range(1, 17) if number != 12),
        *(f"cp{number}" for number in (437, 850, 852, 866, 874, 932, 936, 949, 950, *range(1250, 1259))),
        *("gb2312", "gbk", "gb18030", "hz", "big5", "big5hkscs", "shift_jis", "euc_jp", "euc_kr", "johab"),
        *("iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3", "iso2022_kr"),
    ]
)
# What Windows programs call their own charset; browsers take it so too (encoding.spec.whatwg.org).
_MEANT = {"iso8859-1": "cp1252", "ascii": "utf-8"}
_LONGEST_NAME = 40


def decoded(data: bytes, named: str, most: int) -> str:
    """At most so many bytes of it, in the charset that is named if it is one and fits; else in what fits."""
    is_cut = len(data) > most
    data = data[:most]
    for charset in (_charset(named), "utf-8"):
        try:
            # What was cut may end within a character: that is left out.
            return _seen(codecs.getincrementaldecoder(charset)().decode(data, final=not is_cut))
        except ValueError:
            continue
    return _seen(data.decode("cp1252", "replace"))


def _charset(named: str) -> str:
    named = named.strip("\"' ").lower()
    if len(named) > _LONGEST_NAME:
        return "utf-8"
    try:
        name = codecs.lookup(named).name
    except (LookupError, ValueError):
        return "utf-8"
    return _MEANT.get(name, name) if name in _CHARSETS else "utf-8"


def _seen(text: str) -> str:
    """Without what no database takes and nobody sees: control characters and halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
