"""What is said to people about their files, and what their export says of them."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.urls import reverse

from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from nexusvpn.languages import lazy as _
from support.models import Attachment

_COLUMNS = ("id", "name", "kind", "size", "created_at", "removed_at")
_KEPT = _("{ATTACHMENTS_KEPT_DAYS} days after you sent it; its name as long as the message.")


def _files(user: User) -> list[dict[str, Any]]:
    """The files of a person's threads, theirs and ours, by name; their content is to be had where each one is."""
    rows = Attachment.objects.filter(message__ticket__user=user, message__is_note=False).order_by("created_at", "pk")
    files = rows_of(rows, *_COLUMNS, ticket=F("message__ticket_id"), by_support=F("message__by_staff"))
    for file in files:
        file["path"] = reverse("ticket-attachment", args=[file["ticket"], file["id"]])
    return files


def register_files() -> None:
    register_section(
        "files", _("Files of your questions and our answers; each is at its path, until it is removed."), _files
    )
    register_stored(
        StoredKind(
            "support.Attachment",
            _("The names, kinds and sizes of files that you and we sent with messages."),
            _("To show them in their thread."),
            _("As long as the message."),
            section="files",
        ),
        StoredKind(
            "support.AttachmentContent",
            _("Those files: images without what your camera wrote into them, texts and PDFs as you sent them."),
            _("To look at what you show us."),
            _KEPT,
            not_exported=_("You find each of them in its thread; the list of them is in the export."),
        ),
    )
