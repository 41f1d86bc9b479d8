"""The rules of rewards and what one is worth. Every change is in the audit log, before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import npgettext

from nexusvpn.admin_base import OnlyRowAdmin, StaffModelAdmin
from nexusvpn.errors import InvalidInput
from nexusvpn.languages import lazy as _
from nexusvpn.money_forms import CURRENCY_HELP, MoneyField, MoneyForm
from nexusvpn.templatetags.nexusvpn_ui import money
from referrals.models import ReferralProgramme, RewardAmount
from referrals.services.programme import check_hold


class ProgrammeForm(forms.ModelForm):
    class Meta:
        model = ReferralProgramme
        fields = ("is_open", "mode", "months", "refund_days", "hold_days", "network_limit")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "hold_days" in values and "refund_days" in values:
            try:
                check_hold(hold_days=values["hold_days"], refund_days=values["refund_days"])
            except InvalidInput as error:
                for name, texts in error.fields.items():
                    self.add_error(name, texts)
        return values


def _months(count: int) -> str:
    return npgettext("how long", "%(n)s month", "%(n)s months", count) % {"n": count}


def _days(count: int) -> str:
    return npgettext("how long", "%(n)s day", "%(n)s days", count) % {"n": count}


@admin.register(ReferralProgramme)
class ReferralProgrammeAdmin(OnlyRowAdmin):
    """While there is none, the standard rules hold."""

    form = ProgrammeForm
    readonly_fields = ("changed_at",)
    list_display = ("__str__", "is_open", "mode", "months", "refund_days", "hold_days", "network_limit", "changed_at")
    words: ClassVar[dict[str, Callable[[Any], str]]] = {
        "months": _months,
        "refund_days": _days,
        "hold_days": _days,
    }
    search_fields = ("=mode",)


class AmountForm(MoneyForm):
    referrer_minor = MoneyField(label=_("For the referrer"))
    friend_minor = MoneyField(label=_("For the friend"), more=_("0 is nothing."))
    minimum_minor = MoneyField(
        label=_("Least payment"),
        more=_(
            "A payment in this currency of which less was paid and kept is worth nothing to the two. Let the first month of "
            "the smallest plan be above it."
        ),
    )

    class Meta:
        model = RewardAmount
        fields = ("currency", "referrer_minor", "friend_minor", "minimum_minor")
        help_texts = {"currency": CURRENCY_HELP}

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


@admin.register(RewardAmount)
class RewardAmountAdmin(StaffModelAdmin):
    """Deleted, nothing is given in that currency any more, and what is there of it waits to be converted."""

    form = AmountForm
    typed_by_help = ("currency",)
    list_display = ("currency", "for_the_referrer", "for_the_friend", "least_payment")
    search_fields = ("=currency",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Another currency is another row.
        return ("currency",) if obj else ()

    @admin.display(description=_("for the referrer"), ordering="referrer_minor")
    def for_the_referrer(self, amount: RewardAmount) -> str:
        return money(amount.referrer_minor, amount.currency)

    @admin.display(description=_("for the friend"), ordering="friend_minor")
    def for_the_friend(self, amount: RewardAmount) -> str:
        return money(amount.friend_minor, amount.currency)

    @admin.display(description=_("least payment"), ordering="minimum_minor")
    def least_payment(self, amount: RewardAmount) -> str:
        return money(amount.minimum_minor, amount.currency)
