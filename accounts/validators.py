from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_PASSWORD = 128


class MaximumLengthValidator:
    """At most 128 characters: longer ones only cost hashing time (ASVS 5.0, 6.2.9 asks for at least 64)."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > MAX_PASSWORD:
            raise ValidationError(
                _("A password may have at most %(count)s characters.") % {"count": MAX_PASSWORD},
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return _("At most %(count)s characters.") % {"count": MAX_PASSWORD}
