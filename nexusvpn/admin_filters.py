"""Filters beside lists of any size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from django.contrib.admin import (
    AllValuesFieldListFilter,
    ChoicesFieldListFilter,
    FieldListFilter,
    RelatedFieldListFilter,
)
from django.db.models import CharField
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst

from nexusvpn.api.pagination import COUNTED_ROWS

# More choices than this are picked from one field instead of a column of links.
MOST_LINKS = 12


class Picked:
    """A filter of as many choices as there are servers or actions: links beside a list that fits many screens are no help."""

    lookup_kwarg: str
    lookup_kwarg_isnull: str
    lookup_choices: Any
    # How a code that rows hold is said to people.
    words: Callable[[str], str] | None = None

    @property
    def is_long(self) -> bool:
        return len(self.lookup_choices) > MOST_LINKS

    def choices(self, changelist: Any) -> Any:
        """With what the form of a long one sends along: its own value, and what else the list is narrowed by."""
        own = (self.lookup_kwarg, self.lookup_kwarg_isnull)
        self.others = parse_qsl(changelist.get_query_string(remove=own).removeprefix("?"), keep_blank_values=True)
        for choice in super().choices(changelist):  # type: ignore[misc]
            sent = dict(parse_qsl(choice["query_string"].removeprefix("?"), keep_blank_values=True))
            # "All" and "nothing" have none: they stay links.
            value = sent.get(self.lookup_kwarg, "")
            shown = self.words(value) if value and self.words else choice["display"]
            yield {**choice, "display": shown, "value": value}


class RelatedRowsFilter(Picked, RelatedFieldListFilter):
    """Django's own for what a row belongs to."""


class NewestValuesFilter(Picked, AllValuesFieldListFilter):
    """Offers what the newest rows hold: Django would read the whole table for the values of a column."""

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        self.words = model_admin.words.get(field_path)
        order = model_admin.get_ordering(request) or model._meta.ordering or ("-pk",)
        rows = model._base_manager.order_by(*order).values_list(field_path, flat=True)[:COUNTED_ROWS]
        # Told apart here: read in their order the rows cost a tenth of what finding each again by its key does.
        self.lookup_choices: Any = SimpleLazyObject(lambda: sorted(set(rows), key=lambda value: (value is None, value)))


class CapitalChoicesFilter(ChoicesFieldListFilter):
    """Says choices as the list's own cells do."""

    def choices(self, changelist: Any) -> Any:
        return ({**choice, "display": capfirst(choice["display"])} for choice in super().choices(changelist))


def _is_free_text(field: Any) -> bool:
    return isinstance(field, CharField) and not field.choices


FieldListFilter.register(_is_free_text, NewestValuesFilter, take_priority=True)
FieldListFilter.register(lambda field: bool(field.choices), CapitalChoicesFilter, take_priority=True)
FieldListFilter.register(lambda field: bool(field.remote_field), RelatedRowsFilter, take_priority=True)
