"""What a ticket's texts may be; forms and API declare the same bounds, the services enforce them."""

from __future__ import annotations

from nexusvpn.db import refuse_nul
from nexusvpn.errors import InvalidInput
from nexusvpn.texts import one_line

SUBJECT_MIN, SUBJECT_MAX = 3, 200
MESSAGE_MIN, MESSAGE_MAX = 10, 5000


def clean_subject(subject: str) -> str:
    """The subject, one line without blanks around it, 3 to 200 characters; raises InvalidInput."""
    return _bounded(one_line(subject, "subject"), "subject", SUBJECT_MIN, SUBJECT_MAX)


def clean_message(message: str) -> str:
    """The message without blanks around it, 10 to 5000 characters; raises InvalidInput."""
    return _bounded(message, "message", MESSAGE_MIN, MESSAGE_MAX)


def _bounded(text: str, field: str, lowest: int, highest: int) -> str:
    trimmed = refuse_nul(text, field).strip()
    if not lowest <= len(trimmed) <= highest:
        raise InvalidInput(fields={field: [f"Write {lowest} to {highest} characters."]})
    return trimmed
