"""Files that come with messages: checked before a transaction, written in the one that writes their message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.encryption import decrypt, encrypt
from nexusvpn.errors import InvalidInput, NotFound, Unavailable
from support.access import may_answer_tickets, may_read_tickets
from support.encrypted import content_place
from support.errors import AttachmentsOverQuota
from support.files.checking import MAX_BYTES, MAX_FILES, CheckedFile, checked, too_large
from support.files.names import clean_name
from support.files.refusals import Refused
from support.locks import lock_uploads
from support.models import Attachment, AttachmentContent, TicketMessage

MEGABYTE = 1024 * 1024
# Deleted rows leave their room to new ones once a fifth of the table is gone (PostgreSQL's autovacuum_vacuum_scale_factor); the
# table itself does not become smaller.
LIVING_SHARE = 0.8
FULL_RETRY_S = 3600


def check_files(uploads: Iterable[File[Any]]) -> list[CheckedFile]:
    """The files as they will be kept, images written anew. Call before any transaction: it takes a while.

    Raises InvalidInput on `files` that names each file that is refused, or Unavailable.
    """
    sent = list(uploads)
    if len(sent) > MAX_FILES:
        raise InvalidInput(fields={"files": [_("Send at most {n} files with a message.").format(n=MAX_FILES)]})
    taken, refusals = [], []
    for upload in sent:
        try:
            taken.append(checked(upload.name or "", _bytes_of(upload)))
        except Refused as refusal:
            refusals.append(f"“{clean_name(upload.name or '')}”: {refusal}")
    if refusals:
        raise InvalidInput(fields={"files": refusals})
    return taken


def _bytes_of(upload: File[Any]) -> bytes:
    if (upload.size or 0) > MAX_BYTES:
        raise Refused(too_large())
    upload.seek(0)
    data: bytes = upload.read(MAX_BYTES + 1)
    return data


def store_files(*, message: TicketMessage, sender: User, files: Sequence[CheckedFile]) -> None:
    """Write a message's files with it. Inside the caller's transaction, after its other locks.

    Raises AttachmentsOverQuota, or Unavailable (`attachments_full`) while there is no room for anybody.
    """
    if not files:
        return
    _refuse_without_room()
    # The sender's lock closes the race of two messages for the last of their room.
    lock_uploads(sender)
    size = sum(len(file.data) for file in files)
    # Staff answer many people; what they send is bounded by the room of all.
    if not may_answer_tickets(sender) and _kept_bytes(sender) + size > settings.ATTACHMENTS_MB_PER_PERSON * MEGABYTE:
        raise AttachmentsOverQuota
    now = timezone.now()
    # Threads show them by their moments: apart from each other, they keep the order in which they were sent.
    moments = [now + timedelta(microseconds=place) for place in range(len(files))]
    rows = [
        Attachment(
            message=message,
            sender=sender,
            name=file.name,
            kind=file.kind,
            size=len(file.data),
            sha256=file.sha256,
            created_at=at,
        )
        for file, at in zip(files, moments, strict=True)
    ]
    Attachment.objects.bulk_create(rows)
    AttachmentContent.objects.bulk_create(
        AttachmentContent(attachment=row, data=encrypt(file.data, content_place(row.pk)))
        for row, file in zip(rows, files, strict=True)
    )


def _kept_bytes(sender: User | None = None) -> int:
    kept = Attachment.objects.filter(removed_at=None)
    if sender is not None:
        kept = kept.filter(sender=sender)
    return kept.aggregate(size=Sum("size"))["size"] or 0


def _refuse_without_room() -> None:
    """Messages that ask at the same moment may each find room once: the table passes its limit by what they carry."""
    limit = settings.ATTACHMENTS_TOTAL_MB * MEGABYTE
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [AttachmentContent._meta.db_table])
        (size,) = cursor.fetchone()
    if size >= limit and _kept_bytes() >= limit * LIVING_SHARE:
        raise Unavailable(
            _("There is no room for files at the moment. Send your message without them."),
            code="attachments_full",
            retry_after=FULL_RETRY_S,
        )


def readable_content(*, reader: User, ticket_id: UUID, attachment_id: UUID) -> AttachmentContent:
    """A file that is still there, for who may read its message: the customer, but for notes, and staff of support. Raises NotFound.

    Its bytes are read from the database when they are first asked for.
    """
    rows = AttachmentContent.objects.select_related("attachment").defer("data")
    rows = rows.filter(attachment_id=attachment_id, attachment__message__ticket_id=ticket_id)
    if not may_read_tickets(reader):
        rows = rows.filter(attachment__message__ticket__user=reader, attachment__message__is_note=False)
    else:
        rows = rows.exclude(attachment__message__ticket__user=reader, attachment__message__is_note=True)
    content = rows.first()
    if content is None:
        raise NotFound
    return content


def bytes_of(content: AttachmentContent) -> bytes:
    """The file as it was kept; read from the database now."""
    return decrypt(bytes(content.data), content_place(content.pk))
