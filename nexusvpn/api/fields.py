"""Serializers that take what they name and nothing else."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from nexusvpn.languages import lazy as _


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields with the code `unknown_field`."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = [str(name) for name in data if name not in known]
            if unknown:
                raise ValidationError(
                    {name: [ErrorDetail(_("This field does not exist."), code="unknown_field")] for name in unknown}
                )
        return super().to_internal_value(data)


class _BoundedText(serializers.CharField):
    """What is too long is refused before anything reads it: some checks look at every letter, and a body may have 256 KiB."""

    default_error_messages = {"invalid": _("Must be a string.")}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = data.strip() if self.trim_whitespace else data
        if self.max_length is not None and len(text) > self.max_length:
            raise ValidationError(
                _("Ensure this field has no more than %(n)s characters.") % {"n": self.max_length}, code="max_length"
            )
        return super().to_internal_value(data)


class Address(_BoundedText, serializers.EmailField):
    """An e-mail address as it is written, and only a string."""

    default_error_messages = {"invalid": _("Enter a valid email address.")}


class Text(_BoundedText):
    """A string, and only a string: DRF's own CharField also takes numbers."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            data.encode()
        except UnicodeEncodeError:
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """A whole number, and only a number: DRF's own IntegerField also takes strings, truth and 3.0."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)
