"""What staff who answer a customer's question see of their plan and payments."""

from __future__ import annotations

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext

from accounts.belongings import register_panel
from accounts.models import User
from billing.admin.customer_parts import plan_shown, until_shown
from billing.admin.plans import quota_in_words
from billing.declines import in_short
from billing.entitlements import Entitlement, entitlement_for
from billing.models import Payment
from nexusvpn.admin_base import Panel
from nexusvpn.templatetags.nexusvpn_ui import bytes_si, day, money

PAYMENTS = 5


def plan_panel(user: User) -> Panel:
    """What the customer may use now, and until when."""
    plan = entitlement_for(user)
    facts = [
        (gettext("Plan"), plan_shown(plan)),
        (gettext("Until"), until_shown(plan)),
        (gettext("Devices"), capfirst(gettext("up to %(device_limit)s")) % {"device_limit": plan.device_limit}),
        (gettext("Data"), _data(plan)),
        (gettext("Premium locations"), gettext("Yes") if plan.premium_locations else gettext("No")),
        (gettext("Priority support"), gettext("Yes") if plan.priority_support else gettext("No")),
    ]
    return Panel(gettext("Plan"), (gettext("Fact"), gettext("Value")), facts)


def _data(plan: Entitlement) -> str:
    if plan.quota_bytes is None:
        return quota_in_words(None)
    return gettext("%(quota_bytes)s a month") % {"quota_bytes": bytes_si(plan.quota_bytes)}


def latest_payments_panel(user: User) -> Panel:
    rows = [
        (
            day(payment.created_at),
            money(payment.amount_minor, payment.currency),
            in_short(payment.failure_code) or payment.get_status_display(),
            money(payment.refunded_minor, payment.currency) if payment.refunded_minor else None,
        )
        for payment in Payment.objects.filter(user=user)[:PAYMENTS]
    ]
    url = f"{reverse('admin:billing_payment_changelist')}?user__id__exact={user.pk}"
    return Panel(
        gettext("Latest payments"),
        (gettext("When"), gettext("Amount"), gettext("State"), gettext("Refunded")),
        rows,
        url,
    )


register_panel(plan_panel, permission="accounts.view_user")
register_panel(latest_payments_panel, permission="billing.view_payment")
