"""A language in which every translated text stands between ⟦ and ⟧: what stands outside was written by nobody's leave."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import trans_real
from django.utils.translation.trans_real import CONTEXT_SEPARATOR

from tests.nexusvpn.test_marked_texts import NAMES, Spoken

# Data of a test stands between these.
DATA = "‹{}›"
_INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
_APART = re.compile(
    "|".join(
        (
            r"‹[^‹›]*›",
            r"\S+@\S+",
            r"https?://\S+",
            # Keys, ids, moments and addresses; names of files; numbers of invoices.
            r"[A-Za-z0-9+/]{43}=",
            r"\b[0-9a-fA-F:.-]{8,}\b",
            r"\b[0-9a-f]{1,4}::[0-9a-f:/]*",
            r"[\w-]*\.conf\b",
            r"\bNX-[0-9a-f-]+",
            # Codes of countries, currencies and referrals, and what stands for a value in a file.
            r"\b[A-Z][A-Z0-9_]+\b",
        )
    )
)
_WORD = re.compile(r"[^\W\d_]{2,}")


class Bracketed(gettext.NullTranslations):
    """Translates everything into itself, between brackets."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def language(self) -> str:
        return self._language

    to_language = language

    def gettext(self, message: str) -> str:
        # Django puts the context in front, and takes a text with it back for one that is not translated.
        return f"⟦{message.rpartition(CONTEXT_SEPARATOR)[2]}⟧" if message else ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@contextmanager
def everything_bracketed(language: str = "de") -> Iterator[None]:
    """Whoever reads this language reads the brackets."""
    known = trans_real._translations.get(language)  # type: ignore[attr-defined]
    trans_real._translations[language] = Bracketed(language)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if known is None:
            del trans_real._translations[language]  # type: ignore[attr-defined]
        else:
            trans_real._translations[language] = known  # type: ignore[attr-defined]


def untranslated(page: str) -> list[str]:
    """The texts of a page that have words outside the brackets, data and names apart.

    A translated sentence may have tags inside: it is taken out with them, before the page is read. An address with places to break
    is still one.
    """
    page = page.replace("<wbr>", "")
    while (shorter := _INNERMOST.sub(" ", page)) != page:
        page = shorter
    reader = Spoken()
    reader.feed(page)
    reader.close()
    return [text for text in (" ".join(each.split()) for each in reader.texts) if _says_words(text)]


def _says_words(text: str) -> bool:
    return any(word not in NAMES for word in _WORD.findall(_APART.sub(" ", text)))
