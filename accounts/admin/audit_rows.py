"""Which row an act of the audit log was about. Acts refer to rows by their table and key alone, and go on when those are gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import AuditEvent
from nexusvpn.admin_lists import StaffList
from nexusvpn.admin_menu import NAMES
from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN


def find_rows(request: HttpRequest, events: Iterable[AuditEvent]) -> None:
    """Give each act the row that it was about, if it is there and the reader may see it: a query for each table."""
    wanted: dict[str, set[str]] = defaultdict(set)
    events = list(events)
    for event in events:
        if event.target_id:
            wanted[event.target_type].add(event.target_id)
    found = {label: _rows(request, label, keys) for label, keys in wanted.items()}
    for event in events:
        event.row = found.get(event.target_type, {}).get(event.target_id)  # type: ignore[attr-defined]


def _rows(request: HttpRequest, label: str, keys: set[str]) -> dict[str, Any]:
    own = _admin_of(label)
    if own is None or not own.has_view_permission(request):
        return {}
    try:
        ids = [own.opts.pk.to_python(key) for key in keys]  # type: ignore[union-attr]
    except ValidationError:
        return {}
    # What names of rows are made of is asked with them.
    related = own.list_select_related
    rows = own.model._base_manager.filter(pk__in=ids)
    rows = rows.select_related(*related) if isinstance(related, (tuple, list)) else rows
    return {str(row.pk): row for row in rows}


def _admin_of(label: str) -> Any:
    try:
        return admin.site._registry.get(apps.get_model(label))
    except (LookupError, ValueError):
        return None


def table_in_words(label: str) -> str:
    own = _admin_of(label)
    return str(NAMES.get(own.opts.object_name, own.opts.verbose_name_plural)) if own else label


def row_in_words(event: Any) -> str:
    """The row with the way to it, in its list; only its key, if it is gone or not for this reader."""
    if not event.target_type:
        return UNKNOWN
    table = table_in_words(event.target_type)
    row = getattr(event, "row", None)
    if row is None:
        return f"{table}: {event.target_id}"
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])
    return format_html('{}: <a href="{}">{}</a>', table, url, row)


class AuditList(StaffList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        find_rows(request, self.result_list)
