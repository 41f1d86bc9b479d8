"""The books, to be read: entries, their export, and the reports that are computed from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from accounts.people import signed_in
from billing.admin.columns import money_column
from billing.admin.reports import MRR, TAKINGS, asked_for, mrr_rows, report_of, takings_rows
from billing.models import LedgerEntry
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.audit import record_act
from nexusvpn.csv_files import csv_response
from nexusvpn.languages import lazy as _
from nexusvpn.money import major

ENTRY = (
    "occurred_at",
    "account",
    "kind",
    "amount",
    "currency",
    "user",
    "plan",
    "invoice",
    "source",
    "balance_transaction",
    "note",
)
# Of a streamed export so many rows are in memory at a time.
AT_ONCE = 2_000


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    change_list_template = "admin/billing/ledgerentry/change_list.html"
    list_display = (
        "occurred_at",
        "kind",
        money_column("amount_minor", _("amount")),
        "user",
        "price",
        "account",
    )
    list_select_related = ("user", "price__plan")
    list_filter = ("occurred_at", "account", "kind", "currency", "price__plan")
    search_fields = ("=source", "=balance_transaction_id", "=invoice_id", "user__email")

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Callable[[HttpRequest], HttpResponseBase], name: str) -> URLPattern:
            return path(address, self.admin_site.admin_view(never_cache(view)), name=f"billing_ledgerentry_{name}")

        own = [
            page("reports/", self.reports_view, "reports"),
            page("reports/takings.csv", self.takings_view, "takings"),
            page("reports/mrr.csv", self.mrr_view, "mrr"),
            page("entries.csv", self.entries_view, "entries"),
        ]
        return [*own, *super().get_urls()]

    def reports_view(self, request: HttpRequest) -> HttpResponseBase:
        self._check(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Reports"),
            **report_of(asked_for(request)),
        }
        return TemplateResponse(request, "admin/billing/ledgerentry/reports.html", context)

    def takings_view(self, request: HttpRequest) -> HttpResponseBase:
        self._check(request)
        self._note_export(request, "takings")
        return csv_response("takings", TAKINGS, takings_rows(asked_for(request)))

    def mrr_view(self, request: HttpRequest) -> HttpResponseBase:
        self._check(request)
        self._note_export(request, "mrr")
        return csv_response("mrr", MRR, mrr_rows(asked_for(request)))

    def entries_view(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows with the same filters, all of it."""
        self._check(request)
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters as error:
            raise BadRequest from error
        self._note_export(request, "ledger")
        return csv_response("ledger", ENTRY, _entries(rows))

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _note_export(self, request: HttpRequest, what: str) -> None:
        """Addresses of many customers leave the service: who took them is remembered."""
        record_act("books_exported", actor=signed_in(request), details={"what": what})


def _entries(rows: Any) -> Iterator[tuple[Any, ...]]:
    values = rows.values_list(
        "occurred_at",
        "account",
        "kind",
        "amount_minor",
        "currency",
        "user__email",
        "price__plan__code",
        "invoice_id",
        "source",
        "balance_transaction_id",
        "note",
    )
    for at, account, kind, amount, currency, *rest in values.iterator(chunk_size=AT_ONCE):
        yield (at.isoformat(), account, kind, major(amount, currency), currency, *rest)
