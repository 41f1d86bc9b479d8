"""Comparisons with Stripe, and what differed."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.people import signed_in
from billing.gateway.client import sells
from billing.models import Discrepancy, ReconcileRun
from billing.office_deferred import compare_soon
from billing.services.reconcile import close_discrepancy
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.forms import ServiceForm


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


class CloseForm(ServiceForm):
    reason = forms.CharField(max_length=200, label="What you found out", help_text="Kept with the difference.")


@admin.register(Discrepancy)
class DiscrepancyAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = ("found_at", "kind", "object_id", "user", "healed_at", "closed_at", "closed_by")
    list_select_related = ("user", "closed_by")
    list_filter = ("kind", ("healed_at", admin.EmptyFieldListFilter), ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("=object_id", "user__email")

    @object_action(
        "Close",
        "You have looked at it, and it stays as it is. It is not told of again.",
        applies=lambda found: found.healed_at is None and found.closed_at is None,
        form=CloseForm,
    )
    def close(self, request: HttpRequest, found: Discrepancy, reason: str) -> Outcome:
        close_discrepancy(found, by=signed_in(request), reason=reason)
        return "The difference is closed."
