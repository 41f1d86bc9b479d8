"""Amounts of data and working time as staff type them. Kept are bytes and minutes: what is typed is taken exactly or refused."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import sanitize_separators

from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import grouped

# 1 GB is 10^9 bytes, as `bytes_si` writes it.
GB_DIGITS = 9
FOUR_PLACES = Decimal("0.0001")
# What the columns hold.
MOST_BYTES = 2**63 - 1
MOST_MINUTES = 2**31 - 1


_AS_WRITTEN = forms.DecimalField(localize=True)


class GigabytesField(forms.Field):
    """A column of bytes, of which there is at least one. Empty is None."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "range": _("Choose more than 0 and at most %(most)s GB."),
        "byte": _("There is nothing smaller than a byte: write nine decimal places at most."),
        "thousand": _(
            "This may also mean a thousand times as much: write one more zero at its end, or leave the separator out."
        ),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(localize=True, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """What is kept is shown in GB, with as many decimal places as it needs, but never three; what was typed stays as it was."""
        if not isinstance(value, int):
            return value
        whole, rest = divmod(value, 10**GB_DIGITS)
        shown = Decimal(value).scaleb(-GB_DIGITS).normalize() if rest else Decimal(whole)
        return shown.quantize(FOUR_PLACES) if shown.as_tuple().exponent == -3 else shown

    def to_python(self, value: Any) -> int | None:
        typed = _AS_WRITTEN.to_python(value)
        if typed is None:
            return None
        # Neither infinite nor no number at all.
        _AS_WRITTEN.validate(typed)
        if not 0 < typed <= Decimal(MOST_BYTES).scaleb(-GB_DIGITS):
            most = grouped(MOST_BYTES // 10**GB_DIGITS)
            raise ValidationError(self.error_messages["range"], code="range", params={"most": most})
        if int(typed.as_tuple().exponent) < -GB_DIGITS:
            raise ValidationError(self.error_messages["byte"], code="byte")
        # "1.024" is a little more than one in one language and a thousand and more in another.
        if re.search(r"[.,][0-9]{3}$", str(value).strip()):
            raise ValidationError(self.error_messages["thousand"], code="thousand")
        return int(typed.scaleb(GB_DIGITS))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal"}


class HoursField(forms.Field):
    """A column of minutes, typed as hours ("4", "0.5") or hours and minutes ("0:30")."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Write hours, or hours and minutes, for example 4 or 0:30."),
        "range": _("Choose at most %(most)s hours."),
    }

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 60}:{value % 60:02}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        typed = str(value or "").strip()
        if not typed:
            return None
        clock = re.fullmatch(r"([0-9]+):([0-5][0-9])", typed)
        decimal = re.fullmatch(r"[0-9]+(\.[0-9]{1,2})?", sanitize_separators(typed))
        if clock:
            minutes = Decimal(clock[1]) * 60 + int(clock[2])
        elif decimal:
            minutes = Decimal(decimal[0]) * 60
        else:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if minutes > MOST_MINUTES:
            raise ValidationError(
                self.error_messages["range"], code="range", params={"most": grouped(MOST_MINUTES // 60)}
            )
        if minutes != minutes.to_integral_value():
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return int(minutes)
