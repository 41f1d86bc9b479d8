"""Staff's lists, by whatever they are narrowed."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from nexusvpn.api.pagination import COUNTED_ROWS


class CappedPaginator(Paginator):
    """Counts at most COUNTED_ROWS rows, so that the first page of a table costs the same at any size.

    Nobody pages further than that; whoever looks for something searches.
    """

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        # The keys alone: what a list computes for its rows is not computed for those that are counted.
        return int(rows.order_by().values("pk")[:COUNTED_ROWS].count())


class StaffList(ChangeList):
    """A link narrows a list too, by what no filter offers: to the rows of one person, say. Django counts what filters show alone, and
    its way back to the whole list keeps the rest.
    """

    def get_filters(self, request: HttpRequest) -> Any:
        *found, _by_filters = super().get_filters(request)
        return (*found, bool(self.get_filters_params()))

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, *args, **kwargs)
        self.clear_all_filters_qs = self.get_query_string(remove=self.get_filters_params())
        return rows
