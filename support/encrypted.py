"""What of this app is encrypted: files hold what people would not show to everybody, their configurations among it."""

from __future__ import annotations

from uuid import UUID

from nexusvpn.encrypted_columns import register_encrypted
from support.models import AttachmentContent

# Of up to five megabytes each.
AT_ONCE = 10


def content_place(attachment_id: UUID) -> str:
    return f"support.AttachmentContent.data {attachment_id}"


def register() -> None:
    register_encrypted(AttachmentContent, "data", ("attachment_id",), content_place, at_once=AT_ONCE)
