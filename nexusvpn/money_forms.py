"""Sums as staff type them: in units of their currency. Kept are whole numbers of its smallest one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext

from nexusvpn.languages import lazy as _
from nexusvpn.money import major, minor
from nexusvpn.templatetags.nexusvpn_ui import money

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

IN_UNITS = _("In units of the currency, for example 49.99.")
CURRENCY_HELP = _("Three letters, for example USD.")
# What a column of sums holds, and a big one.
MOST_MINOR = 2**31 - 1
MOST_BIG_MINOR = 2**63 - 1


class MoneyField(forms.DecimalField):
    """A column of sums of at most `most_minor`; `currency_in` is the column of their currency, and `more` is said behind how they are
    typed.
    """

    def __init__(
        self, *, currency_in: str = "currency", more: StrOrPromise = "", most_minor: int = MOST_MINOR, **kwargs: Any
    ) -> None:
        self.currency_in = currency_in
        self.most_minor = most_minor
        help_text = format_lazy("{} {}", IN_UNITS, more) if more else IN_UNITS
        # As many as the largest sum has, with thousandths typed behind it where it has none.
        digits = len(str(most_minor)) + 3
        super().__init__(min_value=Decimal(0), max_digits=digits, localize=True, help_text=help_text, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal"}


class MoneyForm(forms.ModelForm):
    """Its MoneyFields have the names of the columns: what is cleaned of them is what is kept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self._sums():
            kept = getattr(self.instance, name)
            if kept is not None:
                self.initial[name] = major(kept, getattr(self.instance, field.currency_in))

    def _sums(self) -> Iterator[tuple[str, MoneyField]]:
        return ((name, field) for name, field in self.fields.items() if isinstance(field, MoneyField))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name, field in self._sums():
            is_typed = field.currency_in in self.fields
            currency = values.get(field.currency_in) if is_typed else getattr(self.instance, field.currency_in)
            # Without a currency nobody knows its smallest unit; that one is missing is said at its own field.
            if values.get(name) is None or not currency:
                continue
            exact = minor(values[name], currency)
            if exact is None:
                self.add_error(name, gettext("%(currency)s has no such amount.") % {"currency": currency.upper()})
            elif exact > field.most_minor:
                most = money(field.most_minor, currency)
                self.add_error(name, gettext("Choose an amount of at most %(most)s.") % {"most": most})
            else:
                values[name] = exact
        return values
