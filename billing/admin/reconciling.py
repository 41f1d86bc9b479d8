"""Comparisons with Stripe, and what differed."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext

from accounts.people import signed_in
from billing.gateway.client import sells
from billing.models import Discrepancy, ReconcileRun
from billing.office_deferred import compare_soon
from billing.services.reconcile import book_difference, close_discrepancy, missing_amount
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.forms import ServiceForm
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import money


@admin.register(ReconcileRun)
class ReconcileRunAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = ("kind", "started_at", "finished_at", "reached", "compared", "differences", "error")
    list_filter = ("kind",)
    search_fields = ("error", "kind")

    @object_action(
        _("Compare now"),
        _(
            "What this run compared is compared again, from where the last one came to. It takes a while, and is a run of its own."
        ),
        applies=lambda run: sells(),
        is_one_with_history=True,
        only_asks=True,
    )
    def compare_now(self, request: HttpRequest, run: ReconcileRun) -> Outcome:
        compare_soon(run.kind)
        return gettext("It is being compared. A new run is in the list in a moment.")


def _is_open(found: Discrepancy) -> bool:
    return found.healed_at is None and found.closed_at is None


class CloseForm(ServiceForm):
    reason = forms.CharField(max_length=200, label=_("What you found out"), help_text=_("Kept with the difference."))


@admin.register(Discrepancy)
class DiscrepancyAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = ("found_at", "kind", "object_id", "user", "healed_at", "closed_at")
    days = ("healed_at", "closed_at")
    list_select_related = ("user",)
    list_filter = ("kind", ("healed_at", admin.EmptyFieldListFilter), ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("=object_id", "user__email")

    @object_action(
        _("Book the difference"),
        lambda found: (
            gettext(
                "An adjustment of %(amount)s is written to the ledger, which then says what Stripe says. It stays there for "
                "ever, and this difference is closed."
            )
            % {"amount": money(missing_amount(found), found.details["currency"])}
        ),
        applies=lambda found: _is_open(found) and missing_amount(found) != 0,
        danger=True,
        form=CloseForm,
        permission="billing.add_ledgerentry",
    )
    def book(self, request: HttpRequest, found: Discrepancy, reason: str) -> Outcome:
        entry = book_difference(found, by=signed_in(request), reason=reason)
        return gettext("%(amount_minor)s is booked.") % {"amount_minor": money(entry.amount_minor, entry.currency)}

    @object_action(
        _("Leave it as it is"),
        _("You have looked at it, and nothing is done about it: the difference is closed. It is not told of again."),
        applies=_is_open,
        form=CloseForm,
    )
    def close(self, request: HttpRequest, found: Discrepancy, reason: str) -> Outcome:
        close_discrepancy(found, by=signed_in(request), reason=reason)
        return gettext("The difference is closed.")
