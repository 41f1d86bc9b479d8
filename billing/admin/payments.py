"""Payments with what was paid back of them, and disputes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.urls import reverse

from accounts.admin import LATEST, UserAdmin
from billing.admin.columns import money_column, panel_of
from billing.models import Dispute, Payment
from nexusvpn.admin_actions import ActionsAdmin
from nexusvpn.admin_base import Panel, ReadOnlyAdmin
from nexusvpn.templatetags.nexusvpn_ui import day, money

UNTOLD = {"card_fingerprint_hash"}


def disputes_panel(payment: Payment) -> Panel:
    rows = [
        (
            dispute.stripe_id,
            dispute.status,
            dispute.reason,
            money(dispute.amount_minor, dispute.currency),
            day(dispute.created_at),
            day(dispute.evidence_due_at),
        )
        for dispute in payment.disputes.all()[:LATEST]
    ]
    headings = ("Dispute", "State", "Reason", "Amount", "Since", "Answer until")
    return Panel("Disputes", headings, rows, f"{reverse('admin:billing_dispute_changelist')}?q={payment.pk}")


@admin.register(Payment)
class PaymentAdmin(ActionsAdmin, ReadOnlyAdmin):
    fields = [field.name for field in Payment._meta.concrete_fields if field.name not in UNTOLD]
    list_display = (
        "stripe_id",
        "user",
        "status",
        money_column("amount_minor", "amount"),
        money_column("refunded_minor", "paid back"),
        "failure_code",
        "created_at",
    )
    list_select_related = ("user",)
    list_filter = ("status", "currency")
    search_fields = ("=stripe_id", "=payment_intent_id", "=invoice__stripe_id", "user__email")
    panels: ClassVar[list[Any]] = [disputes_panel]


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Answered at Stripe, where the evidence goes to the bank."""

    list_display = (
        "stripe_id",
        "payment",
        "user",
        "status",
        "reason",
        money_column("amount_minor", "amount"),
        "created_at",
        "evidence_due_at",
    )
    list_select_related = ("payment__user",)
    list_filter = ("status", "reason", "currency")
    search_fields = ("=stripe_id", "=payment__stripe_id", "payment__user__email")

    @admin.display(description="user", ordering="payment__user__email")
    def user(self, dispute: Dispute) -> str:
        return str(dispute.payment.user)


UserAdmin.panels.append(
    panel_of(
        "payment",
        "Payments",
        ("Payment", "State", "Amount", "Paid back", "When", "Why it failed"),
        Payment.objects.all(),
        lambda row: (
            row.stripe_id,
            row.get_status_display(),
            money(row.amount_minor, row.currency),
            money(row.refunded_minor, row.currency) if row.refunded_minor else None,
            day(row.created_at),
            row.failure_code,
        ),
    )
)
