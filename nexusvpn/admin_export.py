"""What a list shows, as a file: the same filters and the same search, streamed, and remembered in the audit log.

An export needs the permission to see the list, and beside it the one to change such rows: whoever only looks something up has no need
to carry a thousand addresses away. Books and the audit log are changed by nobody; whoever may see those may take them along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import get_permission_codename
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from nexusvpn.audit import record_act
from nexusvpn.csv_files import csv_response
from nexusvpn.money import major

# A file that a spreadsheet still opens; whoever needs more narrows the list, by date for example.
MOST_ROWS = 100_000
# So many rows are in memory at a time.
AT_ONCE = 2_000


class Money(NamedTuple):
    """A column in units of the currency that stands in another one."""

    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class Export:
    """`columns` are the file's headings with what stands below them: a path as in `values_list`, or `Money`."""

    name: str
    columns: Sequence[tuple[str, str | Money]]
    # For what nobody changes.
    is_for_readers: bool = False

    @property
    def headings(self) -> list[str]:
        return [heading for heading, _source in self.columns]

    def rows(self, found: QuerySet[Any]) -> Iterator[tuple[Any, ...]]:
        paths = dict.fromkeys(part for _heading, source in self.columns for part in _parts(source))
        places = {path: place for place, path in enumerate(paths)}
        cells = [_cell(source, places) for _heading, source in self.columns]
        for values in found.values_list(*paths)[:MOST_ROWS].iterator(chunk_size=AT_ONCE):
            yield tuple(cell(values) for cell in cells)


def _parts(source: str | Money) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else tuple(source)


def _cell(source: str | Money, places: dict[str, int]) -> Callable[[Sequence[Any]], Any]:
    if isinstance(source, Money):
        amount, currency = places[source.amount], places[source.currency]
        return lambda values: None if values[amount] is None else major(values[amount], values[currency])
    place = places[source]
    return lambda values: _plain(values[place])


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return str(value) if isinstance(value, UUID | bool) else value


def may_export(model_admin: Any, request: HttpRequest) -> bool:
    export: Export | None = model_admin.export
    if export is None or not model_admin.has_view_permission(request):
        return False
    opts = model_admin.opts
    change = f"{opts.app_label}.{get_permission_codename('change', opts)}"
    return export.is_for_readers or bool(request.user.has_perm(change))  # type: ignore[union-attr]


def export_list(model_admin: Any, request: HttpRequest) -> HttpResponseBase:
    """The file. What it holds is counted first, so that the log says how many rows left and under which filters."""
    if not may_export(model_admin, request):
        raise PermissionDenied
    try:
        found = model_admin.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters as error:
        raise BadRequest from error
    export: Export = model_admin.export
    count = found.order_by().values("pk")[:MOST_ROWS].count()
    # Names of filters alone: what was searched for may be somebody's address.
    details = {"list": export.name, "rows": count, "filters": sorted(request.GET)}
    record_act("list_exported", actor=request.user, details=details)
    return csv_response(export.name, export.headings, export.rows(found))
