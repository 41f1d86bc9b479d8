"""Subscriptions, as Stripe last said. Nothing is changed here: that is for their owners, and for staff at Stripe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext

from accounts.admin.customer_page import customer_page
from billing.admin.columns import panel_of
from billing.models import Subscription
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import day


def what_it_costs(subscription: Subscription) -> str:
    return str(subscription.price or gettext("a price that is not ours"))


def goes_on(subscription: Subscription) -> str:
    """Its state in words, with what of it is unusual."""
    words = [subscription.get_status_display()]
    if subscription.is_live and (subscription.cancel_at_period_end or subscription.cancel_at):
        words.append(gettext("ends"))
    if subscription.pause_behavior:
        words.append(gettext("paused by its owner"))
    if subscription.withheld:
        words.append(gettext("gives nothing: %(why)s") % {"why": subscription.get_withheld_display()})
    if subscription.is_surplus:
        words.append(gettext("a second one"))
    return ", ".join(words)


def _yes_or_no(value: object) -> str:
    return gettext("Yes") if value else gettext("No")


def _why_withheld(code: str) -> str:
    return str(Subscription.Withheld(code).label) if code else _yes_or_no(code)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("stripe_id", "user", "costs", "state", "paid_until", "unpaid_since")
    list_select_related = ("user", "price__plan")
    words: ClassVar[dict[str, Callable[[Any], str]]] = {
        "withheld": _why_withheld,
        "cancel_at_period_end": _yes_or_no,
        "is_surplus": _yes_or_no,
    }
    list_filter = ("status", "price__plan", "withheld", "cancel_at_period_end", "is_surplus")
    search_fields = ("=stripe_id", "user__email", "=customer__stripe_id", "=schedule_id")
    ordering = ("-started_at", "pk")

    @admin.display(description=_("plan"), ordering="price")
    def costs(self, subscription: Subscription) -> str:
        return what_it_costs(subscription)

    @admin.display(description=_("state"), ordering="status")
    def state(self, subscription: Subscription) -> str:
        return goes_on(subscription)


customer_page.add_panel(
    panel_of(
        "subscription",
        _("Subscriptions"),
        (_("Subscription"), _("Plan"), _("State"), _("Began"), _("Period ends"), _("Paid until")),
        Subscription.objects.select_related("price__plan").order_by("-started_at"),
        lambda row: (
            row.stripe_id,
            what_it_costs(row),
            goes_on(row),
            day(row.started_at),
            day(row.current_period_end),
            day(row.paid_until),
        ),
    ),
    permission="billing.view_subscription",
    place=15,
)
