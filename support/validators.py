"""What a ticket's texts may be; forms and API declare the same bounds, the services enforce them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from nexusvpn.db import refuse_nul
from nexusvpn.errors import InvalidInput
from nexusvpn.texts import one_line
from support.models import Ticket
from support.models.tickets import TAG

SUBJECT_MIN, SUBJECT_MAX = 3, 200
MESSAGE_MIN, MESSAGE_MAX = 10, 5000
COMMENT_MAX = 1000
RATINGS = range(1, 6)
TAGS_MAX, TAG_MAX = 20, 40


def clean_subject(subject: str) -> str:
    """The subject, one line without blanks around it, 3 to 200 characters; raises InvalidInput."""
    return _bounded(one_line(subject, "subject"), "subject", SUBJECT_MIN, SUBJECT_MAX)


def clean_message(message: str) -> str:
    """The message without blanks around it, 10 to 5000 characters; raises InvalidInput."""
    return _bounded(message, "message", MESSAGE_MIN, MESSAGE_MAX)


def clean_mailed(message: str) -> str:
    """An answer that came by mail, 1 to 5000 characters: nobody stood beside it who could ask for more than "Yes". Raises InvalidInput."""
    return _bounded(message, "message", 1, MESSAGE_MAX)


def clean_note(message: str) -> str:
    """An internal note without blanks around it, 1 to 5000 characters; raises InvalidInput."""
    return _bounded(message, "message", 1, MESSAGE_MAX)


def clean_rating(rating: int, comment: str) -> tuple[int, str]:
    """One to five, and what was said about it, up to 1000 characters; raises InvalidInput."""
    if rating not in RATINGS:
        raise InvalidInput(fields={"rating": [_("Choose 1 to 5.")]})
    return rating, _bounded(comment, "comment", 0, COMMENT_MAX)


def clean_tags(names: Iterable[str]) -> list[str]:
    """Each once, in the order of the alphabet; raises InvalidInput."""
    tags = sorted({name.strip().lower() for name in names})
    if len(tags) > TAGS_MAX:
        raise InvalidInput(fields={"tags": [_("At most {n} tags.").format(n=TAGS_MAX)]})
    if not all(len(tag) <= TAG_MAX and re.fullmatch(TAG, tag) for tag in tags):
        raise InvalidInput(
            fields={"tags": [_("Small letters, digits and hyphens, up to {n} of them a tag.").format(n=TAG_MAX)]}
        )
    return tags


def _choice(value: str, choices: type[TextChoices], field: str) -> str:
    if value not in choices.values:
        raise InvalidInput(fields={field: [_("Choose one of {names}.").format(names=", ".join(choices.values))]})
    return value


def clean_priority(priority: str) -> str:
    """Raises InvalidInput."""
    return _choice(priority, Ticket.Priority, "priority")


def clean_category(category: str) -> str:
    """Raises InvalidInput."""
    return _choice(category, Ticket.Category, "category")


def _bounded(text: str, field: str, lowest: int, highest: int) -> str:
    trimmed = refuse_nul(text, field).strip()
    if not lowest <= len(trimmed) <= highest:
        raise InvalidInput(
            fields={field: [_("Write {lowest} to {highest} characters.").format(lowest=lowest, highest=highest)]}
        )
    return trimmed
