"""The names of countries, in the language that is spoken."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, to_locale


def country_name(code: str) -> str:
    """An ISO 3166-1 code as a name: "DE" is "Germany", in German "Deutschland". A code without a name stays itself."""
    return _territories(get_language() or "en").get(code.upper(), code)


@lru_cache(maxsize=16)
def _territories(language: str) -> dict[str, str]:
    try:
        return dict(Locale.parse(to_locale(language)).territories)
    except (UnknownLocaleError, ValueError):
        return {}
