from __future__ import annotations

from typing import Any

from django import forms

from nexusvpn.errors import DomainError
from support.models import Ticket
from support.validators import MESSAGE_MAX, MESSAGE_MIN, SUBJECT_MAX, SUBJECT_MIN


class MessageField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"min_length": MESSAGE_MIN, "max_length": MESSAGE_MAX, "widget": forms.Textarea({"rows": 6}), **kwargs}
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        # Browsers send a line break as two characters but count it as one against `maxlength`.
        return str(super().to_python(value)).replace("\r\n", "\n")


class ServiceForm(forms.Form):
    """A form whose refusals by the service are shown like its own."""

    def add_domain_error(self, error: DomainError) -> None:
        """Put the message at the fields that it names, or above the form."""
        named = {name: texts for name, texts in error.fields.items() if name in self.fields}
        for name, texts in named.items():
            self.add_error(name, texts)
        if not named:
            self.add_error(None, error.message)


class TicketForm(ServiceForm):
    subject = forms.CharField(min_length=SUBJECT_MIN, max_length=SUBJECT_MAX)
    priority = forms.ChoiceField(choices=Ticket.Priority.choices, initial=Ticket.Priority.MEDIUM)
    message = MessageField()


class ReplyForm(ServiceForm):
    message = MessageField()
