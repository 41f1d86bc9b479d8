"""Refusing passwords that are known from breaches, without asking anybody: a binary search in a file on this machine."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# A line is a SHA-1 in hexadecimal, a colon, how often it was seen, and the line's end.
LONGEST_LINE = 64
HASH_CHARS = 40


def is_breached(password: str, path: Path) -> bool:
    """Whether the file, in Have I Been Pwned's format "ordered by hash", has this password."""
    wanted = hashlib.sha1(password.encode("utf-8", "replace"), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb", buffering=0) as file:
        low, high = 0, os.fstat(file.fileno()).st_size
        # The line that is looked for begins in [low, high), if anywhere.
        while low < high:
            middle = (low + high) // 2
            start, line = _line_around(file.fileno(), middle)
            found = line[:HASH_CHARS].upper()
            if found == wanted:
                return True
            if found < wanted:
                low = start + len(line)
            else:
                high = start
    return False


def _line_around(descriptor: int, offset: int) -> tuple[int, bytes]:
    """Where the line that holds the byte at `offset` begins, and the line with its end."""
    begin = max(0, offset - LONGEST_LINE)
    chunk = os.pread(descriptor, 2 * LONGEST_LINE, begin)
    at = offset - begin
    start = chunk.rfind(b"\n", 0, at) + 1
    end = chunk.find(b"\n", at)
    return begin + start, chunk[start : end + 1] if end >= 0 else chunk[start:]


class BreachedPasswordValidator:
    """Does nothing without BREACHED_PASSWORDS_FILE."""

    def validate(self, password: str, user: Any = None) -> None:
        file = settings.BREACHED_PASSWORDS_FILE
        if file and is_breached(password, Path(file)):
            raise ValidationError(
                _("This password is in a published list of stolen passwords. Choose another one."),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        return _("Not one from a published list of stolen passwords.")
