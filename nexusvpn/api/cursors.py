"""Lists read slice by slice: each answer says where it ended, and the next one begins there, by the list's index.

A list's order is a time and then the primary key, both of one row and each in its own direction. The cursor is these two values of the
last row, in a form that nobody needs to understand; what it may show is decided by the list, never by the cursor.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nexusvpn.errors import InvalidInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Microseconds of the years from 1970 to 9999, and a UUID or a number.
_SHAPE = re.compile(r"(\d{1,18}) ([0-9a-f-]{36}|\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class CursorRequest:
    cursor: str
    limit: int


@dataclass(frozen=True, slots=True)
class Slice:
    items: list[Any]
    limit: int
    next_cursor: str | None

    def as_dict(self) -> dict[str, Any]:
        return {"items": self.items, "limit": self.limit, "next_cursor": self.next_cursor}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a list was left: the time and the primary key of the last row."""

    moment: datetime
    pk: Any

    def encode(self) -> str:
        text = f"{(self.moment - EPOCH) // MICROSECOND} {self.pk}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, cursor: str, queryset: QuerySet[Any]) -> Position:
        """Raises InvalidInput for what no list has given."""
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            found = _SHAPE.fullmatch(text.decode("ascii"))
            if found:
                moment = EPOCH + int(found[1]) * MICROSECOND
                return cls(moment, queryset.model._meta.pk.to_python(found[2]))
        except (ValueError, OverflowError, ValidationError):
            pass
        raise InvalidInput(fields={"cursor": [_("Send the next_cursor of an earlier answer, or nothing to begin.")]})


def fetch_slice(
    queryset: QuerySet[Any], wanted: CursorRequest, columns: tuple[str, ...], row: Callable[..., Any]
) -> Slice:
    """The rows after the cursor as `row(*columns)` results; an empty cursor begins. Raises InvalidInput."""
    if wanted.cursor:
        queryset = rows_after(queryset, Position.decode(wanted.cursor, queryset))
    moment, pk = (name for name, _ in _order(queryset))
    names = [*columns, *(name for name in (moment, pk) if name not in columns)]
    # One row more than wanted tells whether the list goes on.
    rows = list(queryset.values_list(*names)[: wanted.limit + 1])
    shown = rows[: wanted.limit]
    following = None
    if len(rows) > len(shown):
        last = shown[-1]
        following = Position(last[names.index(moment)], last[names.index(pk)]).encode()
    return Slice([row(*values[: len(columns)]) for values in shown], wanted.limit, following)


def rows_after(queryset: QuerySet[Any], position: Position) -> QuerySet[Any]:
    """The rows of `queryset` behind this position in its own order.

    "Earlier, or at the same time with a further key" is written with the time's bound first and alone: an index can begin
    at a bound, and not at an OR.
    """
    (moment, moment_falls), (pk, pk_falls) = _order(queryset)
    beyond, further = ("lt" if moment_falls else "gt"), ("lt" if pk_falls else "gt")
    return queryset.filter(
        Q(**{f"{moment}__{beyond}e": position.moment}),
        Q(**{f"{moment}__{beyond}": position.moment}) | Q(**{f"{pk}__{further}": position.pk}),
    )


def _order(queryset: QuerySet[Any]) -> list[tuple[str, bool]]:
    """The two names that the list is ordered by, and whether each falls."""
    names: Any = queryset.query.order_by or queryset.model._meta.ordering
    return [(name.removeprefix("-"), name.startswith("-")) for name in names]
