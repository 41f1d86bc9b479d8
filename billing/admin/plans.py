"""Plans and what they cost. A price is never edited: another amount is another row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext

from accounts.people import signed_in
from billing.admin.columns import money_column
from billing.gateway.client import sells
from billing.holding import grants_in_force
from billing.models import Plan, PlanPrice, Subscription
from billing.office_deferred import push_prices_soon
from billing.services.plans import edit_plan
from billing.services.prices import check_price, end_price, set_price
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import Panel, ReadOnlyAdmin
from nexusvpn.errors import DomainError
from nexusvpn.languages import lazy as _
from nexusvpn.measure_fields import GigabytesField
from nexusvpn.money_forms import CURRENCY_HELP, MoneyField, MoneyForm
from nexusvpn.templatetags.nexusvpn_ui import bytes_si, day, money

LATEST_PRICES = 50
PUSHED = _("Plans and prices are on their way to Stripe.")
NOT_CONNECTED = _("Stripe is not connected: the price is offered once it is, and the catalogue has been pushed.")


def prices_panel(plan: Plan) -> Panel:
    rows = [
        (
            money(price.amount_minor, price.currency),
            price.get_interval_display(),
            gettext("Yes") if price.is_current else gettext("No"),
            price.stripe_price_id or capfirst(gettext("not there yet")),
            day(price.created_at),
        )
        for price in plan.prices.order_by("-is_current", "currency", "interval", "-created_at")[:LATEST_PRICES]
    ]
    url = f"{reverse('admin:billing_planprice_changelist')}?plan__id__exact={plan.pk}"
    return Panel(
        gettext("Prices"),
        (gettext("Price"), gettext("Each"), gettext("Offered"), gettext("At Stripe"), gettext("Since")),
        rows,
        url,
    )


class PlanForm(forms.ModelForm):
    quota_bytes = GigabytesField(
        label=_("Quota a month (GB)"),
        required=False,
        help_text=_("Both ways, for example 10 or 1.5; empty: unlimited."),
    )


def quota_in_words(count: int | None) -> str:
    return capfirst(gettext("unlimited")) if count is None else bytes_si(count)


@admin.register(Plan)
class PlanAdmin(ActionsAdmin):
    form = PlanForm
    list_display = (
        "name",
        "code",
        "rank",
        "device_limit",
        "quota_bytes",
        "premium_locations",
        "is_offered",
        "held_by",
        "subscribed",
    )
    list_filter = ("is_offered",)
    search_fields = ("name", "code")
    words: ClassVar[dict[str, Any]] = {"quota_bytes": quota_in_words}
    panels: ClassVar[list[Any]] = [prices_panel]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        rows: QuerySet[Plan] = super().get_queryset(request)
        live = Subscription.objects.filter(price__plan=OuterRef("pk"), status__in=Subscription.LIVE, is_surplus=False)
        subscribed = live.order_by().values("price__plan").annotate(count=Count("pk")).values("count")
        return rows.annotate(
            holders=Count("grants", filter=grants_in_force("grants__")), subscribers=Coalesce(Subquery(subscribed), 0)
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Code and stored facts refer to a plan by its code.
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A plan is no longer offered instead: somebody may have it."""
        return False

    def write_changed(self, obj: Plan, names: Sequence[str]) -> None:
        edit_plan(obj, names)

    @admin.display(description=_("grants in force"), ordering="holders")
    def held_by(self, plan: Any) -> int:
        holders: int = plan.holders
        return holders

    @admin.display(description=_("subscriptions"), ordering="subscribers")
    def subscribed(self, plan: Any) -> int:
        subscribers: int = plan.subscribers
        return subscribers

    @object_action(
        _("Push to Stripe"),
        _(
            "Every plan and every price is made at Stripe or matched with what is there, and what is not offered any more is taken "
            "off sale there. Those who have a former price keep it. May be repeated."
        ),
        applies=lambda plan: sells(),
        is_one_with_history=True,
        only_asks=True,
    )
    def push(self, request: HttpRequest, plan: Plan) -> Outcome:
        push_prices_soon()
        return PUSHED


class PriceForm(MoneyForm):
    amount_minor = MoneyField(label=_("Amount"))

    class Meta:
        model = PlanPrice
        fields = ("plan", "interval", "currency", "amount_minor")
        help_texts = {"currency": CURRENCY_HELP}

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        """The service's own rule, so that its refusal is shown at its field."""
        values = super().clean()
        if len(values) == len(self.fields):
            try:
                check_price(**values)
            except DomainError as error:
                for field, texts in error.fields.items():
                    self.add_error(field, texts)
        return values

    def validate_constraints(self) -> None:
        """The former price gives its place up when this one is saved."""


@admin.register(PlanPrice)
class PlanPriceAdmin(ActionsAdmin, ReadOnlyAdmin):
    """Added, never edited or deleted: somebody may have it."""

    form = PriceForm
    typed_by_help = ("currency",)
    list_display = (
        "plan",
        "interval",
        money_column("amount_minor", _("price")),
        "is_current",
        "at_stripe",
        "created_at",
    )
    list_select_related = ("plan",)
    list_filter = ("plan", "currency", "interval", "is_current")
    search_fields = ("plan__name", "plan__code", "=currency", "=stripe_price_id")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return super().get_fields(request, obj) if obj else list(PriceForm.Meta.fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return super().get_fields(request, obj) if obj else []

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("billing.add_planprice"))  # type: ignore[union-attr]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        price = set_price(by=signed_in(request), **form.cleaned_data)
        obj.pk = price.pk
        if sells():
            push_prices_soon()
            messages.info(request, PUSHED)
        else:
            messages.warning(request, NOT_CONNECTED)

    @admin.display(description=_("at Stripe"), ordering="stripe_price_id")
    def at_stripe(self, price: PlanPrice) -> str:
        return price.stripe_price_id or capfirst(gettext("not there yet"))

    @object_action(
        _("Offer no more"),
        lambda price: (
            gettext("Nobody can buy %(plan)s in this currency and interval any more. Those who have it keep it.")
            % {"plan": price.plan}
        ),
        applies=lambda price: price.is_current,
        danger=True,
    )
    def end(self, request: HttpRequest, price: PlanPrice) -> Outcome:
        end_price(price, by=signed_in(request))
        if sells():
            push_prices_soon()
        return gettext("The price is not offered any more.")
