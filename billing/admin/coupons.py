"""Coupons and their promotion codes: made and ended here, kept at Stripe, never edited."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext

from accounts.people import signed_in
from billing.admin.lately import RefusedFilter
from billing.gateway.client import sells
from billing.models import Coupon, PromotionCode, Standing
from billing.models.coupons import WAITING
from billing.services.coupon_results import brought_by
from billing.services.coupons import (
    TERMS,
    add_coupon,
    add_promotion_code,
    check_coupon,
    check_promotion_code,
    end_coupon,
    end_promotion_code,
)
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import Panel
from nexusvpn.admin_columns import readable
from nexusvpn.admin_site import Notice
from nexusvpn.errors import DomainError
from nexusvpn.languages import lazy as _
from nexusvpn.money_forms import CURRENCY_HELP, MoneyField, MoneyForm
from nexusvpn.templatetags.nexusvpn_ui import NO_BREAK, day, money

LATEST_CODES = 50


class DiscountForm(MoneyForm):
    """The service's own rules, so that their refusals are shown at their fields; the table's constraints say the same less well."""

    def check_terms(self, values: dict[str, Any]) -> None:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        self._validate_constraints = False
        if self.errors:
            return values
        try:
            self.check_terms(values)
        except DomainError as error:
            for field, texts in error.fields.items():
                self.add_error(field, texts)
        return values


class CouponForm(DiscountForm):
    amount_minor = MoneyField(label=_("Amount"), required=False, more=_("Or a percentage; one of them."))

    class Meta:
        model = Coupon
        fields = TERMS
        help_texts = {
            "percent_off": _("For example 20 for 20 %. Or an amount; one of them."),
            "currency": format_lazy("{} {}", CURRENCY_HELP, _("With an amount only.")),
            "duration_months": _("Only where it is taken off for some months."),
        }

    def check_terms(self, values: dict[str, Any]) -> None:
        check_coupon(**values)


class CodeForm(DiscountForm):
    minimum_minor = MoneyField(currency_in="minimum_currency", label=_("Minimum"), required=False)

    class Meta:
        model = PromotionCode
        fields = (
            "coupon",
            "code",
            "max_redemptions",
            "expires_at",
            "first_time_only",
            "minimum_minor",
            "minimum_currency",
        )
        help_texts = {"minimum_currency": CURRENCY_HELP}

    def check_terms(self, values: dict[str, Any]) -> None:
        check_promotion_code(**values)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "coupon" in self.fields:
            coupon: Any = self.fields["coupon"]
            coupon.queryset = Coupon.objects.filter(standing__in=(Standing.ASKED, Standing.LIVE))


def how_it_stands(request: HttpRequest, row: Any) -> Iterable[Notice]:
    """Why something is not as staff wanted it."""
    if row.refusal:
        yield Notice(gettext("Stripe refused this: %(refusal)s") % {"refusal": row.refusal}, "", "bad")
    elif row.standing in WAITING and not sells():
        yield Notice(gettext("Stripe is not connected yet. Once it is, this is asked for there."), "", "warn")
    elif row.standing in WAITING:
        yield Notice(
            gettext("Stripe is being asked. This is tried again every minute until it has answered."), "", "warn"
        )


def _ending() -> str:
    return (
        gettext("Stripe is being asked to end it. Look at it in a moment.")
        if sells()
        else gettext("Stripe is asked to end it once it is connected.")
    )


def percent_written(percent: Decimal | None) -> str:
    """20.00 → "20 %"."""
    return "" if percent is None else f"{percent.normalize():f}{NO_BREAK}%"


def codes_panel(coupon: Coupon) -> Panel:
    rows = [
        (code.code, code.get_standing_display(), code.times_redeemed, day(code.expires_at), day(code.created_at))
        for code in coupon.codes.all()[:LATEST_CODES]
    ]
    url = f"{reverse('admin:billing_promotioncode_changelist')}?coupon__id__exact={coupon.pk}"
    return Panel(
        gettext("Codes"),
        (gettext("Code"), gettext("Now"), gettext("Used"), gettext("Until"), gettext("Made")),
        rows,
        url,
    )


def brought_panel(code: PromotionCode) -> Panel:
    rows = [(one.people, one.invoices, money(one.paid_minor, one.currency)) for one in brought_by(code)]
    return Panel(
        gettext("What it brought"),
        (gettext("People"), gettext("Paid invoices with it"), gettext("Paid for them, before refunds")),
        rows,
    )


class DiscountAdmin(ActionsAdmin):
    """Terms never change, as at Stripe; what was used stays."""

    banners: ClassVar[list[Any]] = [how_it_stands]
    # What is known of one that exists, after its terms.
    facts: tuple[str, ...] = ("standing", "used", "created_at", "synced_at", "stripe_id")
    terms: tuple[str, ...] = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        if obj is None:
            return self.terms
        # Its name there is chosen here, before Stripe has it.
        is_there = obj.standing not in (Standing.ASKED, Standing.REFUSED)
        shown = (*self.terms, *(name for name in self.facts if is_there or name != "stripe_id"))
        return tuple(readable(self.model, name, self.sums, self.words) for name in shown)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("used"), ordering="times_redeemed")
    def used(self, row: Any) -> str:
        """As of the last look at Stripe."""
        return (
            gettext("%(times_redeemed)s of %(max_redemptions)s")
            % {"times_redeemed": row.times_redeemed, "max_redemptions": row.max_redemptions}
            if row.max_redemptions
            else str(row.times_redeemed)
        )


@admin.register(Coupon)
class CouponAdmin(DiscountAdmin):
    form = CouponForm
    typed_by_help = ("currency",)
    terms = TERMS
    list_display = ("name", "worth", "lasts", "standing", "used", "codes_made", "redeem_by", "created_at")
    list_filter = ("standing", RefusedFilter, "duration")
    search_fields = ("name", "=stripe_id")
    words: ClassVar[dict[str, Callable[[Any], str]]] = {"percent_off": percent_written}
    panels: ClassVar[list[Any]] = [codes_panel]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Coupon]:
        rows: QuerySet[Coupon] = super().get_queryset(request)
        return rows.annotate(code_count=Count("codes"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = add_coupon(by=signed_in(request), **form.cleaned_data).pk

    @admin.display(description=_("takes off"))
    def worth(self, coupon: Coupon) -> str:
        if coupon.percent_off is not None:
            return percent_written(coupon.percent_off)
        return money(coupon.amount_minor or 0, coupon.currency)

    @admin.display(description=_("applies to"), ordering="duration")
    def lasts(self, coupon: Coupon) -> str:
        return (
            gettext("%(duration_months)s months") % {"duration_months": coupon.duration_months}
            if coupon.duration_months
            else coupon.get_duration_display()
        )

    @admin.display(description=_("codes"), ordering="code_count")
    def codes_made(self, coupon: Any) -> int:
        return int(coupon.code_count)

    @object_action(
        _("End"),
        _("Nobody can use this coupon or one of its codes any more. Whoever has used it keeps what it takes off."),
        applies=lambda coupon: coupon.standing == Standing.LIVE,
        danger=True,
    )
    def end(self, request: HttpRequest, coupon: Coupon) -> Outcome:
        end_coupon(coupon, by=signed_in(request))
        return _ending()


@admin.register(PromotionCode)
class PromotionCodeAdmin(DiscountAdmin):
    form = CodeForm
    typed_by_help = ("minimum_currency",)
    terms = CodeForm.Meta.fields
    facts = ("is_personal", *DiscountAdmin.facts)
    panels: ClassVar[list[Any]] = [brought_panel]
    list_display = (
        "code",
        "coupon",
        "standing",
        "used",
        "expires_at",
        "first_time_only",
        "minimum",
        "is_personal",
        "created_at",
    )
    list_select_related = ("coupon",)
    list_filter = ("standing", RefusedFilter, "first_time_only")
    search_fields = ("code", "coupon__name", "=stripe_id")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = add_promotion_code(by=signed_in(request), **form.cleaned_data).pk

    @admin.display(description=_("minimum amount"), ordering="minimum_minor")
    def minimum(self, code: PromotionCode) -> str:
        return (
            money(code.minimum_minor, code.minimum_currency) if code.minimum_minor else capfirst(gettext("any amount"))
        )

    @object_action(
        _("End"),
        _("Nobody can use this code any more. Whoever has used it keeps what its coupon takes off."),
        applies=lambda code: code.standing == Standing.LIVE,
        danger=True,
    )
    def end(self, request: HttpRequest, code: PromotionCode) -> Outcome:
        end_promotion_code(code, by=signed_in(request))
        return _ending()
