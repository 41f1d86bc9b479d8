"""Comparisons with Stripe, and what differed."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.people import signed_in
from billing.gateway.client import sells
from billing.models import Discrepancy, ReconcileRun
from billing.office_deferred import compare_soon
from billing.services.reconcile import book_difference, close_discrepancy, missing_amount
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.forms import ServiceForm
from nexusvpn.templatetags.nexusvpn_ui import money


@admin.register(ReconcileRun)
class ReconcileRunAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = ("kind", "started_at", "finished_at", "reached", "compared", "differences", "error")
    list_filter = ("kind",)
    search_fields = ("error", "kind")

    @object_action(
        "Compare now",
        "What this run compared is compared again, from where the last one came to. It takes a while, and is a run of its own.",
        applies=lambda run: sells(),
    )
    def compare_now(self, request: HttpRequest, run: ReconcileRun) -> Outcome:
        compare_soon(run.kind)
        return "It is being compared. A new run is in the list in a moment."


def _is_open(found: Discrepancy) -> bool:
    return found.healed_at is None and found.closed_at is None


class CloseForm(ServiceForm):
    reason = forms.CharField(max_length=200, label="What you found out", help_text="Kept with the difference.")


@admin.register(Discrepancy)
class DiscrepancyAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = ("found_at", "kind", "object_id", "user", "healed_at", "closed_at", "closed_by")
    list_select_related = ("user", "closed_by")
    list_filter = ("kind", ("healed_at", admin.EmptyFieldListFilter), ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("=object_id", "user__email")

    @object_action(
        "Book the difference",
        lambda found: (
            f"An adjustment of {money(missing_amount(found), found.details['currency'])} is written to the ledger, which then says what "
            "Stripe says. It stays there for ever, and this difference is closed."
        ),
        applies=lambda found: _is_open(found) and missing_amount(found) != 0,
        danger=True,
        form=CloseForm,
        permission="billing.add_ledgerentry",
    )
    def book(self, request: HttpRequest, found: Discrepancy, reason: str) -> Outcome:
        entry = book_difference(found, by=signed_in(request), reason=reason)
        return f"{money(entry.amount_minor, entry.currency)} is booked."

    @object_action(
        "Close",
        "You have looked at it, and it stays as it is. It is not told of again.",
        applies=_is_open,
        form=CloseForm,
    )
    def close(self, request: HttpRequest, found: Discrepancy, reason: str) -> Outcome:
        close_discrepancy(found, by=signed_in(request), reason=reason)
        return "The difference is closed."
