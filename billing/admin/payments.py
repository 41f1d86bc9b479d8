"""Payments with what was paid back of them, and disputes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from accounts.admin import LATEST
from accounts.admin.customer_page import customer_page
from accounts.people import signed_in
from billing.admin.columns import money_column, panel_of
from billing.declines import in_short
from billing.disputes import reason_in_words, status_in_words
from billing.models import Dispute, Payment, StripeOrder
from billing.services.refunds import refund_payment, refundable
from nexusvpn.admin_actions import ActionsAdmin, Before, Outcome, object_action
from nexusvpn.admin_base import Panel, ReadOnlyAdmin
from nexusvpn.admin_site import Notice
from nexusvpn.audit import is_told
from nexusvpn.errors import InvalidInput
from nexusvpn.forms import ServiceForm
from nexusvpn.languages import lazy as _
from nexusvpn.money import major, minor
from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN, day, money

UNTOLD = {"card_fingerprint_hash"}
REASON = _("Kept in this payment's history; the customer does not see it.")


class RefundForm(ServiceForm):
    """`key` is the form's own: sent twice, it is one refund."""

    amount_minor = forms.DecimalField(
        max_digits=13, localize=True, label=_("Amount"), help_text=_("In the payment's own currency.")
    )
    reason = forms.CharField(max_length=200, label=_("Reason"), help_text=REASON)
    end_subscription = forms.BooleanField(required=False, label=_("End the subscription at once"))
    key = forms.UUIDField(widget=forms.HiddenInput)


def refund_question(payment: Payment) -> str:
    left = money(refundable(payment), payment.currency)
    return gettext(
        "Of %(amount_minor)s, %(left)s can be refunded to the customer's card. Stripe keeps its fee. A period whose "
        "payment was refunded in full gives nothing any more."
    ) % {"amount_minor": money(payment.amount_minor, payment.currency), "left": left}


def refund_values(payment: Payment) -> dict[str, Any]:
    left = major(refundable(payment), payment.currency)
    return {"amount_minor": left, "key": uuid4()}


def disputes_panel(payment: Payment) -> Panel:
    rows = [
        (
            dispute.stripe_id,
            status_in_words(dispute.status),
            reason_in_words(dispute.reason),
            money(dispute.amount_minor, dispute.currency),
            day(dispute.created_at),
            day(dispute.evidence_due_at),
        )
        for dispute in payment.disputes.all()[:LATEST]
    ]
    headings = (
        gettext("Dispute"),
        gettext("State"),
        gettext("Reason"),
        gettext("Amount"),
        gettext("Since"),
        gettext("Answer until"),
    )
    return Panel(gettext("Disputes"), headings, rows, f"{reverse('admin:billing_dispute_changelist')}?q={payment.pk}")


def refunds_panel(payment: Payment) -> Panel:
    orders = StripeOrder.objects.filter(
        user=payment.user_id, purpose=StripeOrder.Purpose.REFUND, subject=payment.pk
    ).order_by("-created_at")
    rows = [
        (
            money(order.parameters.get("amount", payment.amount_minor), payment.currency),
            order.get_state_display(),
            order.result,
            day(order.created_at),
        )
        for order in orders[:LATEST]
    ]
    url = f"{reverse('admin:billing_stripeorder_changelist')}?q={payment.pk}"
    return Panel(
        gettext("Refunds asked for"),
        (gettext("Amount"), gettext("State"), gettext("At Stripe"), gettext("Asked")),
        rows,
        url,
    )


def open_disputes(request: HttpRequest, payment: Payment) -> list[Notice]:
    url = f"{reverse('admin:billing_dispute_changelist')}?q={payment.pk}"
    disputed = [one for one in payment.disputes.all() if one.withholds]
    return [
        Notice(
            gettext("The customer's bank asks for this payment back: %(reason)s")
            % {"reason": reason_in_words(one.reason)},
            url,
            "bad",
        )
        for one in disputed
    ]


@admin.register(Payment)
class PaymentAdmin(ActionsAdmin, ReadOnlyAdmin):
    fields = [*(field.name for field in Payment._meta.concrete_fields if field.name not in UNTOLD), "why_it_failed"]
    list_display = (
        "stripe_id",
        "user",
        "status",
        money_column("amount_minor", _("amount")),
        money_column("refunded_minor", _("refunded")),
        "why_it_failed",
        "created_at",
    )
    list_select_related = ("user",)
    list_filter = ("status", "currency")
    search_fields = ("=stripe_id", "=payment_intent_id", "=invoice__stripe_id", "user__email")
    panels: ClassVar[list[Any]] = [disputes_panel, refunds_panel]
    banners: ClassVar[list[Any]] = [open_disputes]

    @admin.display(description=_("why it failed"), ordering="failure_code")
    def why_it_failed(self, payment: Payment) -> str:
        return in_short(payment.failure_code) or UNKNOWN

    @object_action(
        _("Refund"),
        refund_question,
        applies=lambda payment: payment.refundable_minor > 0,
        danger=True,
        form=RefundForm,
        initial=refund_values,
        knows_its_form=True,
    )
    def refund(
        self,
        request: HttpRequest,
        payment: Payment,
        amount_minor: Decimal,
        reason: str,
        end_subscription: bool,
        key: UUID,
    ) -> Outcome:
        exact = minor(amount_minor, payment.currency)
        if exact is None:
            raise InvalidInput(
                fields={"amount_minor": [gettext("%(currency)s has no such amount.") % {"currency": payment.currency}]}
            )
        refund_payment(
            payment=payment,
            amount_minor=exact,
            reason=reason,
            by=signed_in(request),
            end_subscription=end_subscription,
            key=key,
        )
        done = gettext("%(exact)s is on its way back. This page shows it once Stripe has said so.") % {
            "exact": money(exact, payment.currency)
        }
        return done if is_told(payment) else Before(done)


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Answered at Stripe, where the evidence goes to the bank."""

    list_display = (
        "stripe_id",
        "user",
        "status",
        "reason",
        money_column("amount_minor", _("amount")),
        "created_at",
        "evidence_due_at",
    )
    days = ("created_at",)
    list_select_related = ("payment__user",)
    list_filter = ("status", "reason", "currency")
    words: ClassVar[dict[str, Callable[[str], str]]] = {"status": status_in_words, "reason": reason_in_words}
    search_fields = ("=stripe_id", "=payment__stripe_id", "payment__user__email")

    @admin.display(description=_("user"), ordering="payment__user__email")
    def user(self, dispute: Dispute) -> str:
        return str(dispute.payment.user)


customer_page.add_panel(
    panel_of(
        "payment",
        _("Payments"),
        (_("Payment"), _("State"), _("Amount"), _("Refunded"), _("When"), _("Why it failed")),
        Payment.objects.all(),
        lambda row: (
            row.stripe_id,
            row.get_status_display(),
            money(row.amount_minor, row.currency),
            money(row.refunded_minor, row.currency) if row.refunded_minor else None,
            day(row.created_at),
            in_short(row.failure_code),
        ),
    ),
    permission="billing.view_payment",
    place=20,
)
