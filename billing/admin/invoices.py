"""Invoices, as Stripe last said."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.customer_page import customer_page
from billing.admin.columns import money_column, panel_of
from billing.models import Invoice
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import day, money


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__",
        "user",
        "status",
        money_column("total_minor", _("total")),
        money_column("amount_due_minor", _("due")),
        "created_at",
        "paid_at",
    )
    list_select_related = ("user",)
    list_filter = ("status", "currency", "price__plan")
    search_fields = ("=stripe_id", "=number", "user__email", "=subscription__stripe_id")


customer_page.add_panel(
    panel_of(
        "invoice",
        _("Invoices"),
        (_("Invoice"), _("State"), _("Total"), _("Due"), _("Of"), _("Paid")),
        Invoice.objects.all(),
        lambda row: (
            str(row),
            row.get_status_display(),
            money(row.total_minor, row.currency),
            money(row.amount_due_minor, row.currency),
            day(row.created_at),
            day(row.paid_at),
        ),
    ),
    permission="billing.view_invoice",
    place=92,
    is_more=True,
)
