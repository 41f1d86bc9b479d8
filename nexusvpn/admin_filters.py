"""Filters beside lists of any size."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AllValuesFieldListFilter, FieldListFilter
from django.db.models import CharField
from django.http import HttpRequest

from nexusvpn.admin_search import newest


class NewestValuesFilter(AllValuesFieldListFilter):
    """Offers what the newest rows hold: Django would read the whole table for the values of a column."""

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        order = model_admin.get_ordering(request) or model._meta.ordering or ("-pk",)
        rows = model._base_manager.filter(pk__in=newest(model, order))
        self.lookup_choices = rows.order_by(field_path).values_list(field_path, flat=True).distinct()


def _is_free_text(field: Any) -> bool:
    return isinstance(field, CharField) and not field.choices


FieldListFilter.register(_is_free_text, NewestValuesFilter, take_priority=True)
