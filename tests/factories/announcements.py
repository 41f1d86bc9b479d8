from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from support.models import Announcement


def make_announcement(title: str = "Work at night", **fields: Any) -> Announcement:
    """A published one that began an hour ago, unless said otherwise."""
    values: dict[str, Any] = {"body": "From **two** on.", "is_published": True, **fields}
    values.setdefault("starts_at", timezone.now() - timedelta(hours=1))
    return Announcement.objects.create(title=title, **values)
