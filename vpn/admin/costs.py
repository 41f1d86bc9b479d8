"""What locations cost, as staff enter it month by month."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import admin

from nexusvpn.admin_base import StaffModelAdmin
from nexusvpn.languages import lazy as _
from nexusvpn.moments import month_in_words
from nexusvpn.money_forms import CURRENCY_HELP, MOST_BIG_MINOR, MoneyField, MoneyForm
from nexusvpn.templatetags.nexusvpn_ui import money
from vpn.models import LocationCost


class CostForm(MoneyForm):
    """Any day of a month stands for the month."""

    amount_minor = MoneyField(label=_("Amount"), most_minor=MOST_BIG_MINOR)

    class Meta:
        model = LocationCost
        fields = ("location", "month", "currency", "amount_minor", "note")
        help_texts = {"month": _("Any day of it."), "currency": CURRENCY_HELP}

    def clean_month(self) -> date:
        month: date = self.cleaned_data["month"]
        return month.replace(day=1)

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).upper()
        if len(code) != 3 or not code.isascii() or not code.isalpha():
            raise forms.ValidationError(_("Write the currency's three letters."))
        return code


@admin.register(LocationCost)
class LocationCostAdmin(StaffModelAdmin):
    """The home sets them against what was earned."""

    form = CostForm
    typed_by_help = ("month", "currency")
    fields = CostForm.Meta.fields
    list_display = ("month_name", "location", "cost", "note")
    list_select_related = ("location",)
    list_filter = ("month", "currency", "location")
    search_fields = ("location__name", "note", "=currency")

    @admin.display(description=_("month"), ordering="month")
    def month_name(self, cost: LocationCost) -> str:
        return month_in_words(cost.month)

    @admin.display(description=_("cost"), ordering="amount_minor")
    def cost(self, cost: LocationCost) -> str:
        return money(cost.amount_minor, cost.currency)
