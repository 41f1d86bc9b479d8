"""How long files are kept, and what becomes of them when somebody leaves."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from support.models import Attachment, AttachmentContent

# Of up to five megabytes each.
BATCH = 100


def remove_old_files(batch: int = BATCH) -> int:
    """Delete the content of what was kept for ATTACHMENTS_KEPT_DAYS; the name stays in its thread. Returns how many.

    Each batch is a transaction of its own: what an interruption leaves, the next run finds.
    """
    before = timezone.now() - timedelta(days=settings.ATTACHMENTS_KEPT_DAYS)
    old = Attachment.objects.filter(removed_at=None, created_at__lt=before).order_by("created_at")
    removed = 0
    while ids := list(old.values_list("pk", flat=True)[:batch]):
        # Of two runs at once the second waits for the first one's rows and finds them removed.
        with transaction.atomic(durable=True):
            removed += Attachment.objects.filter(pk__in=ids, removed_at=None).update(removed_at=timezone.now())
            AttachmentContent.objects.filter(pk__in=ids).delete()
    return removed


def forget_sender(user: User, batch: int) -> bool:
    """What an erased person sent into others' threads is of nobody; their own threads are erased with their files.

    Returns whether more may be left. Inside a transaction.
    """
    ids = list(Attachment.objects.filter(sender=user).order_by().values_list("pk", flat=True)[:batch])
    Attachment.objects.filter(pk__in=ids).update(sender=None)
    return len(ids) == batch
