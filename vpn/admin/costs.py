"""What locations cost, as staff enter it month by month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin

from nexusvpn.admin_base import StaffModelAdmin
from nexusvpn.admin_columns import month_in_words
from nexusvpn.languages import lazy as _
from nexusvpn.money import major, minor
from nexusvpn.templatetags.nexusvpn_ui import money
from vpn.models import LocationCost


class CostForm(forms.ModelForm):
    """Any day of a month stands for the month, and money is written as people write it."""

    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=Decimal(0),
        max_digits=15,
        localize=True,
        help_text=_("In units of the currency, for example 49.99."),
    )

    class Meta:
        model = LocationCost
        fields = ("location", "month", "currency", "note")
        help_texts = {"month": _("Any day of it."), "currency": _("Three letters, for example USD.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["amount"].initial = major(self.instance.amount_minor, self.instance.currency)

    def clean_month(self) -> date:
        month: date = self.cleaned_data["month"]
        return month.replace(day=1)

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).upper()
        if len(code) != 3 or not code.isascii() or not code.isalpha():
            raise forms.ValidationError(_("Write the currency's three letters."))
        return code

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "amount" in values and "currency" in values:
            amount = minor(values["amount"], values["currency"])
            if amount is None:
                self.add_error("amount", _("The currency has no coin that small."))
            else:
                self.instance.amount_minor = amount
        return values


@admin.register(LocationCost)
class LocationCostAdmin(StaffModelAdmin):
    """The home sets them against what was earned."""

    form = CostForm
    fields = ("location", "month", "currency", "amount", "note")
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

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """The amount is a column under another name: it is told in the audit log like the others."""
        before = LocationCost.objects.values_list("amount_minor", flat=True).filter(pk=obj.pk).first()
        super().save_model(request, obj, form, change)
        if change and before != obj.amount_minor:
            obj.save(update_fields=["amount_minor"])
            told = {"amount_minor": [str(before), str(obj.amount_minor)]}
            obj.audit_details = {**getattr(obj, "audit_details", {}), **told}
