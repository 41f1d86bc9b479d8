"""Forms whose refusals by a service are shown like their own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import ngettext

from nexusvpn.api.status import http_status
from nexusvpn.errors import DomainError, NotAuthenticated, RateLimited


class FocusedField(BoundField):
    """A field that has the focus when a refused form opens, if it is the first that needs another value: what is wrong is read first."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        built: dict[str, Any] = super().build_widget_attrs(attrs, widget)
        # Of a group of boxes each would have it.
        if self.form.is_bound and not self.use_fieldset and self.name == next(iter(self.form.errors), None):
            built["autofocus"] = True
        return built


class MomentField(forms.DateTimeField):
    """A date and a time in UTC, chosen in the browser's own picker."""

    def __init__(self, **given: Any) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **given)


def _when(error: DomainError) -> str:
    """When somebody who tried too often may try again."""
    if not isinstance(error, RateLimited) or error.retry_after is None:
        return ""
    said = ngettext(
        "You can try again in %(seconds)s second.", "You can try again in %(seconds)s seconds.", error.retry_after
    )
    return said % {"seconds": error.retry_after}


class ServiceForm(forms.Form):
    bound_field_class = FocusedField
    # Seconds, of a form that was refused for now only.
    retry_after: int | None = None

    def add_domain_error(self, error: DomainError) -> int:
        """Put the refusal at the fields that it names, or above the form; returns the status of the page."""
        named = {name: texts for name, texts in error.fields.items() if name in self.fields}
        for name, texts in named.items():
            self.add_error(name, texts)
        if not named:
            self.add_error(None, f"{error.message} {_when(error)}".strip())
        self.retry_after = error.retry_after
        # A 401 would have to offer HTTP authentication (RFC 9110, 15.5.2); the form is how one signs in to pages.
        return 400 if isinstance(error, NotAuthenticated) else http_status(error)
