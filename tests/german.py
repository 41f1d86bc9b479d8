"""How the site speaks German: to a person whom it calls "du"."""

from __future__ import annotations

import re

from tests.nexusvpn.test_marked_texts import Spoken

FORMAL = re.compile(r"\b(Sie|Ihnen|Ihr(e[mnrs]?)?)\b")
# At the beginning of a sentence the same words say "they", "it" and "their".
_FORMAL_WITHIN = re.compile(r"(?<=[\w,;)\]%–] )(Sie|Ihnen|Ihr(e[mnrs]?)?)\b")


def texts_of(page: str) -> list[str]:
    reader = Spoken()
    reader.feed(page)
    reader.close()
    return reader.texts


def formal_words(texts: list[str]) -> list[str]:
    """Those of the texts that call whoever reads them "Sie"."""
    return [text for text in texts if _FORMAL_WITHIN.search(" ".join(text.split()))]
