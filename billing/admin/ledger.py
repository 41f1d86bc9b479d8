"""The books, to be read."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from accounts.admin import UserAdmin
from accounts.models import User
from billing.admin.columns import money_column
from billing.models import LedgerEntry
from billing.services.ledger import balances
from nexusvpn.admin_base import Panel, ReadOnlyAdmin
from nexusvpn.templatetags.nexusvpn_ui import money


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ("occurred_at", "kind", money_column("amount_minor", "amount"), "user", "price", "source", "account")
    list_select_related = ("user", "price")
    list_filter = ("account", "kind", "currency", "price__plan")
    search_fields = ("=source", "=balance_transaction_id", "=invoice_id", "user__email")


def balances_panel(user: User) -> Panel:
    names = dict(LedgerEntry.Account.choices)
    rows = [
        (names[account].capitalize(), money(amount, currency))
        for (account, currency), amount in sorted(balances(user).items())
    ]
    return Panel(
        "Balances",
        ("Account", "Sum"),
        rows,
        f"{reverse('admin:billing_ledgerentry_changelist')}?user__id__exact={user.pk}",
    )


UserAdmin.panels.append(balances_panel)
