"""Forms whose refusals by a service are shown like their own."""

from __future__ import annotations

from django import forms

from nexusvpn.api.status import http_status
from nexusvpn.errors import DomainError, NotAuthenticated


class ServiceForm(forms.Form):
    def add_domain_error(self, error: DomainError) -> int:
        """Put the refusal at the fields that it names, or above the form; returns the status of the page."""
        named = {name: texts for name, texts in error.fields.items() if name in self.fields}
        for name, texts in named.items():
            self.add_error(name, texts)
        if not named:
            self.add_error(None, error.message)
        # A 401 would have to offer HTTP authentication (RFC 9110, 15.5.2); the form is how one signs in to pages.
        return 400 if isinstance(error, NotAuthenticated) else http_status(error)
