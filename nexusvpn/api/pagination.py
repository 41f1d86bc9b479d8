"""`?page=1&limit=20`: one query a page, the total included. `?cursor=`: one query a slice, at any depth at the same cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from nexusvpn.api.cursors import CursorRequest, Slice, fetch_slice
from nexusvpn.errors import InvalidInput

MAX_LIMIT = 100
MAX_PAGE = 1_000_000
# Counting ten million rows takes a second, counting up to here a millisecond. Whoever wants more rows follows a cursor.
COUNTED_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class PageRequest:
    page: int
    limit: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page with the figures that the contract's lists carry. `total_capped`: there are more than `total`."""

    items: list[Any]
    page: int
    limit: int
    total: int
    total_capped: bool = False

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
            **({"total_capped": True} if self.total_capped else {}),
        }


def _number(params: Mapping[str, Any], name: str, default: int, highest: int) -> int:
    raw = params.get(name)
    if raw is None:
        return default
    # isdecimal() admits other scripts' digits, so ASCII is asked for too; the length bounds the work of int().
    if raw.isascii() and raw.isdecimal() and len(raw) <= 9 and 1 <= int(raw) <= highest:
        return int(raw)
    raise InvalidInput(fields={name: [_("Must be a whole number from 1 to %(highest)s.") % {"highest": highest}]})


def page_request(params: Mapping[str, Any], default_limit: int = 20) -> PageRequest:
    """Read `page` and `limit`; raises InvalidInput naming the one that is out of range."""
    return PageRequest(
        _number(params, "page", 1, MAX_PAGE),
        _number(params, "limit", default_limit, MAX_LIMIT),
    )


def list_request(params: Mapping[str, Any], default_limit: int = 20) -> PageRequest | CursorRequest:
    """What is asked of a list that can grow without end: a page, or with `cursor` (empty at first) a slice."""
    cursor = params.get("cursor")
    if cursor is None:
        return page_request(params, default_limit)
    if "page" in params:
        raise InvalidInput(fields={"cursor": [_("Send either page or cursor.")]})
    return CursorRequest(cursor, _number(params, "limit", default_limit, MAX_LIMIT))


def fetch_list(
    queryset: QuerySet[Any], wanted: PageRequest | CursorRequest, columns: tuple[str, ...], row: Callable[..., Any]
) -> Page | Slice:
    """The page or the slice of `queryset` that is wanted, as `row(*columns)` results."""
    fetch: Callable[..., Page | Slice] = fetch_page if isinstance(wanted, PageRequest) else fetch_slice
    return fetch(queryset, wanted, columns, row)


def fetch_page(
    queryset: QuerySet[Any],
    wanted: PageRequest,
    columns: tuple[str, ...],
    row: Callable[..., Any],
) -> Page:
    """One page of `queryset` as `row(*columns)` results, counted in the same query.

    The order must be total (end in the primary key). Only a page past the end costs a second query, for the total. Raises
    InvalidInput for a page beyond COUNTED_ROWS of a list that goes on there.
    """
    rows = _fetch_rows(queryset, wanted, columns) if wanted.offset < COUNTED_ROWS else []
    return _page(rows, queryset, wanted, row)


def _fetch_rows(queryset: QuerySet[Any], wanted: PageRequest, columns: tuple[str, ...]) -> list[Any]:
    try:
        counted = _with_total(queryset)
    except EmptyResultSet:
        # Nothing can be in it (`pk__in=[]`), so Django writes no SQL to count.
        return []
    return list(counted.values_list(*columns, "_total")[wanted.offset : wanted.offset + wanted.limit])


def _page(rows: list[Any], queryset: QuerySet[Any], wanted: PageRequest, row: Callable[..., Any]) -> Page:
    """The page of these rows, whose last column is the capped count; without rows `queryset` is counted."""
    count = rows[0][-1] if rows else _first_rows(queryset).count() if wanted.page > 1 else 0
    if wanted.offset >= COUNTED_ROWS and count > COUNTED_ROWS:
        raise InvalidInput(
            fields={"page": [_("Pages end at row %(row)s. Read on with cursor.") % {"row": COUNTED_ROWS}]}
        )
    items = [row(*values[:-1]) for values in rows]
    return Page(items, wanted.page, wanted.limit, min(count, COUNTED_ROWS), count > COUNTED_ROWS)


def _first_rows(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """As many rows as are counted, and one that tells whether there are more."""
    return queryset.order_by().values("pk")[: COUNTED_ROWS + 1]


def _with_total(queryset: QuerySet[Any]) -> QuerySet[Any]:
    sql, parameters = _first_rows(queryset).query.sql_with_params()
    # The statement is the ORM's own, its values stay parameters.
    count = RawSQL(f"SELECT count(*) FROM ({sql}) counted", parameters, BigIntegerField())  # noqa: S608, S611
    counted: QuerySet[Any] = queryset.annotate(_total=count)
    return counted


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
        rows = self._fetch_rows(owner, wanted) if wanted.offset < COUNTED_ROWS else []
        return _page(rows, self._rows(owner), wanted, self._row)

    def fetch_list(self, owner: UUID, wanted: PageRequest | CursorRequest) -> Page | Slice:
        if isinstance(wanted, PageRequest):
            return self.fetch(owner, wanted)
        return fetch_slice(self._rows(owner), wanted, self._columns, self._row)

    def _fetch_rows(self, owner: UUID, wanted: PageRequest) -> list[Any]:
        try:
            sql, parameters = self._compile()
        except EmptyResultSet:
            return []
        values = [owner if value == self._MARK else value for value in parameters]
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} LIMIT %s OFFSET %s", [*values, wanted.limit, wanted.offset])
            return list(cursor.fetchall())

    def _compile(self) -> tuple[str, tuple[Any, ...]]:
        if self._compiled is None:
            counted = _with_total(self._rows(self._MARK)).values_list(*self._columns, "_total")
            self._compiled = counted.query.sql_with_params()
        return self._compiled
