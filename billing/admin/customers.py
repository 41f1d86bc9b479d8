"""Who customers are at Stripe."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext

from billing.admin.columns import money_column
from billing.models import StripeCustomer
from billing.office_deferred import compare_customer_soon
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _


@admin.register(StripeCustomer)
class StripeCustomerAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = (
        "stripe_id",
        "user",
        "currency",
        money_column("balance_minor", _("balance at Stripe")),
        "card",
        "synced_at",
        "compared_at",
        "deleted_at",
    )
    list_select_related = ("user",)
    list_filter = ("currency", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("=stripe_id", "user__email")
    ordering = ("stripe_id",)

    @admin.display(description=_("card"))
    def card(self, customer: StripeCustomer) -> str:
        return f"{customer.card_brand} {customer.card_last4}".strip()

    @object_action(
        _("Sync now"),
        _("Everything that we have of this customer is compared with Stripe and brought to what is there now."),
        applies=lambda customer: customer.deleted_at is None,
        is_one_with_history=True,
        only_asks=True,
    )
    def sync_now(self, request: HttpRequest, customer: StripeCustomer) -> Outcome:
        compare_customer_soon(customer.pk)
        return gettext("The customer is being compared with Stripe. Look again in a moment.")
