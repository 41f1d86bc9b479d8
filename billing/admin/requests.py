"""What we asked of Stripe: checkouts and orders."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext

from billing.deferred import finish_orders_soon
from billing.models import CheckoutSession, StripeOrder
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _


@admin.register(CheckoutSession)
class CheckoutSessionAdmin(ReadOnlyAdmin):
    """Without the address of its page: whoever has that can pay there."""

    fields = ("id", "user", "price", "state", "stripe_id", "created_at", "expires_at", "ended_at")
    list_display = ("created_at", "user", "price", "state", "ended_at")
    list_select_related = ("user", "price__plan")
    list_filter = ("state", "price__plan")
    search_fields = ("=id", "=stripe_id", "user__email")
    ordering = ("-created_at", "id")


@admin.register(StripeOrder)
class StripeOrderAdmin(ActionsAdmin, ReadOnlyAdmin):
    """An address is asked of Stripe with a new customer: staff see whom it is of by the user."""

    fields = (
        "id",
        "user",
        "purpose",
        "subject",
        "state",
        "result",
        "is_durable",
        "attempts",
        "created_at",
        "finished_at",
    )
    list_display = ("created_at", "user", "purpose", "subject", "state", "result", "finished_at")
    days = ("created_at", "finished_at")
    list_select_related = ("user",)
    list_filter = ("state", "purpose", "is_durable")
    search_fields = ("=id", "=subject", "=result", "user__email")
    ordering = ("-created_at", "id")

    @object_action(
        _("Try again"),
        _("Stripe is asked at once, under the same key: what it has done already is not done twice."),
        applies=lambda order: order.state == StripeOrder.State.OPEN and order.is_durable,
        is_one_with_history=True,
        only_asks=True,
    )
    def try_again(self, request: HttpRequest, order: StripeOrder) -> Outcome:
        finish_orders_soon()
        return gettext("Stripe is being asked again. Look at it in a moment.")
