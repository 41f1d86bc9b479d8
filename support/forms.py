from __future__ import annotations

import secrets
from typing import Any

from django import forms

from nexusvpn.api.idempotency import KEY_SHAPE
from nexusvpn.errors import DomainError
from nexusvpn.forms import ServiceForm
from support.errors import IdempotencyKeyReused
from support.models import Ticket
from support.validators import MESSAGE_MAX, MESSAGE_MIN, SUBJECT_MAX, SUBJECT_MIN


class MessageField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"min_length": MESSAGE_MIN, "max_length": MESSAGE_MAX, "widget": forms.Textarea({"rows": 6}), **kwargs}
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        # Browsers send a line break as two characters but count it as one against `maxlength`.
        return str(super().to_python(value)).replace("\r\n", "\n")


def new_key() -> str:
    return secrets.token_urlsafe(16)


class SentOnceForm(ServiceForm):
    """A form that writes one message, however often the browser sends it."""

    idempotency_key = forms.RegexField(
        f"^{KEY_SHAPE.pattern}$", required=False, initial=new_key, widget=forms.HiddenInput
    )

    def add_domain_error(self, error: DomainError) -> int:
        if isinstance(error, IdempotencyKeyReused):
            # Sent once more, as the error suggests, it is something new.
            sent = {name: self.data[name] for name in self.data}
            self.data = {**sent, "idempotency_key": new_key()}
        return super().add_domain_error(error)


class TicketForm(SentOnceForm):
    subject = forms.CharField(min_length=SUBJECT_MIN, max_length=SUBJECT_MAX)
    priority = forms.ChoiceField(choices=Ticket.Priority.choices, initial=Ticket.Priority.MEDIUM)
    message = MessageField()


class ReplyForm(SentOnceForm):
    message = MessageField()
