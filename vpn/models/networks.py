"""PostgreSQL's `cidr` type as Python's ip_network."""

from __future__ import annotations

import ipaddress
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class CidrField(models.Field):  # type: ignore[type-arg]
    """A network in CIDR form; values are `ipaddress` networks, host bits must be zero."""

    description = "Network"

    def db_type(self, connection: Any) -> str:
        return "cidr"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Network | None:
        return None if value is None else ipaddress.ip_network(str(value))

    def to_python(self, value: Any) -> Network | None:
        if value is None or isinstance(value, ipaddress.IPv4Network | ipaddress.IPv6Network):
            return value
        try:
            return ipaddress.ip_network(str(value).strip())
        except ValueError:
            said = _("Write a network such as 10.64.0.0/16, without host bits.")
            raise ValidationError(said, code="invalid") from None

    def get_prep_value(self, value: Any) -> str | None:
        network = self.to_python(value)
        return None if network is None else str(network)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": forms.CharField, "max_length": 50, **kwargs})
