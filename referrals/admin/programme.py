"""The rules of rewards and what one is worth. Every change is in the audit log, before and after."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from nexusvpn.admin_base import OnlyRowAdmin, StaffModelAdmin
from nexusvpn.errors import InvalidInput
from nexusvpn.languages import lazy as _
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


@admin.register(ReferralProgramme)
class ReferralProgrammeAdmin(OnlyRowAdmin):
    """While there is none, the standard rules hold."""

    form = ProgrammeForm
    readonly_fields = ("changed_at",)
    list_display = ("__str__", "is_open", "mode", "months", "refund_days", "hold_days", "network_limit", "changed_at")
    search_fields = ("=mode",)


@admin.register(RewardAmount)
class RewardAmountAdmin(StaffModelAdmin):
    """Deleted, nothing is given in that currency any more, and what is there of it waits to be converted."""

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
