from __future__ import annotations

from typing import Any

from rest_framework import serializers

from nexusvpn.api.fields import StrictSerializer, Text
from support.models import Ticket
from support.validators import MESSAGE_MAX, MESSAGE_MIN, SUBJECT_MAX, SUBJECT_MIN


class TicketForm(StrictSerializer):
    subject = Text(min_length=SUBJECT_MIN, max_length=SUBJECT_MAX, help_text="Counted without blanks around it.")
    message = Text(min_length=MESSAGE_MIN, max_length=MESSAGE_MAX, help_text="Counted without blanks around it.")
    priority = serializers.ChoiceField(choices=Ticket.Priority.choices, default=Ticket.Priority.MEDIUM)


class ReplyForm(StrictSerializer):
    message = Text(min_length=MESSAGE_MIN, max_length=MESSAGE_MAX, help_text="Counted without blanks around it.")


class CloseForm(StrictSerializer):
    """Nothing needs to be said to close a ticket."""


class TicketView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    subject = serializers.CharField()
    status = serializers.ChoiceField(choices=Ticket.Status.choices)
    priority = serializers.ChoiceField(choices=Ticket.Priority.choices)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="The last message, or the closing.")
    closed_at = serializers.DateTimeField(allow_null=True)


class TicketMessageView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    message = serializers.CharField()
    by_staff = serializers.BooleanField(help_text="Whether support wrote it; which member of staff is not said.")
    created_at = serializers.DateTimeField()
