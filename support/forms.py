from __future__ import annotations

from typing import Any

from django import forms

from nexusvpn.forms import ServiceForm
from support.models import Ticket
from support.validators import MESSAGE_MAX, MESSAGE_MIN, SUBJECT_MAX, SUBJECT_MIN


class MessageField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"min_length": MESSAGE_MIN, "max_length": MESSAGE_MAX, "widget": forms.Textarea({"rows": 6}), **kwargs}
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        # Browsers send a line break as two characters but count it as one against `maxlength`.
        return str(super().to_python(value)).replace("\r\n", "\n")


class TicketForm(ServiceForm):
    subject = forms.CharField(min_length=SUBJECT_MIN, max_length=SUBJECT_MAX)
    priority = forms.ChoiceField(choices=Ticket.Priority.choices, initial=Ticket.Priority.MEDIUM)
    message = MessageField()


class ReplyForm(ServiceForm):
    message = MessageField()
