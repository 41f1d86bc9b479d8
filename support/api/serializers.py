from __future__ import annotations

from typing import Any

from rest_framework import serializers

from nexusvpn.api.fields import StrictSerializer, Text, WholeNumber
from support.files.checking import MAX_FILES
from support.models import Attachment, Ticket
from support.validators import COMMENT_MAX, MESSAGE_MAX, MESSAGE_MIN, RATINGS, SUBJECT_MAX, SUBJECT_MIN


class TicketForm(StrictSerializer):
    subject = Text(min_length=SUBJECT_MIN, max_length=SUBJECT_MAX, help_text="Counted without blanks around it.")
    message = Text(min_length=MESSAGE_MIN, max_length=MESSAGE_MAX, help_text="Counted without blanks around it.")
    priority = serializers.ChoiceField(choices=Ticket.Priority.choices, default=Ticket.Priority.MEDIUM)
    category = serializers.ChoiceField(choices=Ticket.Category.choices, default=Ticket.Category.OTHER)
    device = serializers.UUIDField(
        required=False, allow_null=True, source="device_id", help_text="Of which of your devices it is."
    )


class ReplyForm(StrictSerializer):
    message = Text(min_length=MESSAGE_MIN, max_length=MESSAGE_MAX, help_text="Counted without blanks around it.")


class SentFiles(serializers.Serializer[Any]):
    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        default=[],
        max_length=MAX_FILES,
        help_text="PNG, JPEG, WebP, PDF or text, 5 MB each; images are written anew, names cleaned.",
    )


class TicketFilesForm(SentFiles, TicketForm):
    """A new ticket with files, as `multipart/form-data`."""


class ReplyFilesForm(SentFiles, ReplyForm):
    """An answer with files, as `multipart/form-data`."""


class CloseForm(StrictSerializer):
    """Nothing needs to be said to close a ticket."""


class RatingForm(StrictSerializer):
    rating = WholeNumber(min_value=min(RATINGS), max_value=max(RATINGS), help_text="5 is the best.")
    comment = Text(max_length=COMMENT_MAX, allow_blank=True, default="", help_text="Counted without blanks around it.")


class TicketDeviceView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(help_text="What it was called when the ticket was opened; it may be gone.")


class TicketView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    subject = serializers.CharField()
    status = serializers.ChoiceField(choices=Ticket.Status.choices)
    priority = serializers.ChoiceField(choices=Ticket.Priority.choices)
    category = serializers.ChoiceField(choices=Ticket.Category.choices)
    device = TicketDeviceView(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="The last message, or the closing.")
    closed_at = serializers.DateTimeField(allow_null=True)
    reopens_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then your answer opens a closed ticket again; null where none does."
    )
    answer_due_at = serializers.DateTimeField(
        allow_null=True, help_text="By when you have our first answer; null once you do, or where nothing is promised."
    )
    rating = serializers.IntegerField(allow_null=True, min_value=min(RATINGS), max_value=max(RATINGS))
    rating_comment = serializers.CharField(allow_blank=True)
    merged_into = serializers.UUIDField(
        allow_null=True, help_text="The ticket that has this one's messages now; what you write here goes there."
    )


class TicketFileView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Attachment.Kind.choices, help_text="What it is by its content.")
    size = serializers.IntegerField(help_text="Bytes.")
    created_at = serializers.DateTimeField()
    removed_at = serializers.DateTimeField(allow_null=True, help_text="When its content was deleted; the name stays.")


class TicketMessageView(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    message = serializers.CharField()
    by_staff = serializers.BooleanField(help_text="Whether support wrote it; which member of staff is not said.")
    created_at = serializers.DateTimeField()
    attachments = TicketFileView(many=True)
