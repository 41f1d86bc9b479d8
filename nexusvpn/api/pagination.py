"""`?page=1&limit=20`: one query a page, the total included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet, Window

from nexusvpn.errors import InvalidInput

MAX_LIMIT = 100
MAX_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class PageRequest:
    page: int
    limit: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page with the figures that the contract's lists carry."""

    items: list[Any]
    page: int
    limit: int
    total: int

    @property
    def total_pages(self) -> int:
        return -(-self.total // self.limit)

    def as_dict(self) -> dict[str, Any]:
        return {
            "items": self.items,
            "page": self.page,
            "limit": self.limit,
            "total": self.total,
            "total_pages": self.total_pages,
        }


def _number(params: Mapping[str, Any], name: str, default: int, highest: int) -> int:
    raw = params.get(name)
    if raw is None:
        return default
    # isdecimal() admits other scripts' digits, so ASCII is asked for too; the length bounds the work of int().
    if raw.isascii() and raw.isdecimal() and len(raw) <= 9 and 1 <= int(raw) <= highest:
        return int(raw)
    raise InvalidInput(fields={name: [f"Must be a whole number from 1 to {highest}."]})


def page_request(params: Mapping[str, Any], default_limit: int = 20) -> PageRequest:
    """Read `page` and `limit`; raises InvalidInput naming the one that is out of range."""
    return PageRequest(
        _number(params, "page", 1, MAX_PAGE),
        _number(params, "limit", default_limit, MAX_LIMIT),
    )


def fetch_page(
    queryset: QuerySet[Any],
    wanted: PageRequest,
    columns: tuple[str, ...],
    row: Callable[..., Any],
) -> Page:
    """One page of `queryset` as `row(*columns)` results, counted in the same query.

    The order must be total (end in the primary key). Only a page past the end costs a second query, for the total.
    """
    counted = queryset.annotate(_total=Window(Count("*"))).values_list(*columns, "_total")
    rows = list(counted[wanted.offset : wanted.offset + wanted.limit])
    past_the_end = not rows and wanted.page > 1
    total = rows[0][-1] if rows else queryset.count() if past_the_end else 0
    return Page([row(*values[:-1]) for values in rows], wanted.page, wanted.limit, total)


class CompiledPage:
    """`fetch_page` for a list that differs only by its owner: the ORM writes the SQL once a process.

    Writing it costs several times as much as PostgreSQL's answer. `rows(owner)` must use the owner's id as a parameter and no
    other value that changes (a time, a setting).
    """

    # No owner has it, so it marks the owner's places among the parameters.
    _MARK = UUID("00000000-0000-4000-8000-00000000dead")

    def __init__(
        self, rows: Callable[[UUID], QuerySet[Any]], columns: tuple[str, ...], row: Callable[..., Any]
    ) -> None:
        self._rows, self._columns, self._row = rows, columns, row
        self._compiled: tuple[str, tuple[Any, ...]] | None = None

    def fetch(self, owner: UUID, wanted: PageRequest) -> Page:
        if self._compiled is None:
            counted = self._rows(self._MARK).annotate(_total=Window(Count("*"))).values_list(*self._columns, "_total")
            self._compiled = counted.query.sql_with_params()
        sql, parameters = self._compiled
        values = [owner if value == self._MARK else value for value in parameters]
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} LIMIT %s OFFSET %s", [*values, wanted.limit, wanted.offset])
            rows = cursor.fetchall()
        total = rows[0][-1] if rows else self._rows(owner).count() if wanted.page > 1 else 0
        return Page([self._row(*values[:-1]) for values in rows], wanted.page, wanted.limit, total)
