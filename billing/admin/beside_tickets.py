"""What staff who answer a customer's question see of their plan and payments."""

from __future__ import annotations

from django.urls import reverse

from accounts.belongings import register_panel
from accounts.models import User
from billing.entitlements import Entitlement, entitlement_for
from billing.models import Payment
from nexusvpn.admin_base import Panel
from nexusvpn.templatetags.nexusvpn_ui import bytes_si, day, money

PAYMENTS = 5


def plan_panel(user: User) -> Panel:
    """What the customer may use now, and until when."""
    plan = entitlement_for(user)
    facts = [
        ("Plan", f"{plan.plan_name}, by {plan.reason.replace('_', ' ')}"),
        ("Until", day(plan.valid_until) if plan.valid_until else "Until something changes"),
        ("Devices", f"up to {plan.device_limit}"),
        ("Data", _data(plan)),
        ("Premium locations", "Yes" if plan.premium_locations else "No"),
        ("Support first", "Yes" if plan.priority_support else "No"),
    ]
    return Panel("Plan", ("Fact", "Value"), facts)


def _data(plan: Entitlement) -> str:
    return "without a limit" if plan.quota_bytes is None else f"{bytes_si(plan.quota_bytes)} a month"


def latest_payments_panel(user: User) -> Panel:
    rows = [
        (
            day(payment.created_at),
            money(payment.amount_minor, payment.currency),
            payment.failure_code or payment.get_status_display(),
            money(payment.refunded_minor, payment.currency) if payment.refunded_minor else None,
        )
        for payment in Payment.objects.filter(user=user)[:PAYMENTS]
    ]
    url = f"{reverse('admin:billing_payment_changelist')}?user__id__exact={user.pk}"
    return Panel("Latest payments", ("When", "Amount", "State", "Paid back"), rows, url)


register_panel(plan_panel, permission="accounts.view_user")
register_panel(latest_payments_panel, permission="billing.view_payment")
