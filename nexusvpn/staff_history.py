"""Django's own history of what staff changed: it writes down how an object was called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model


def forget_names(model: type[Model], ids: Iterable[Any]) -> None:
    """Take the names of erased rows, and what staff wrote about them, out of the history. That something was done stays."""
    kind = ContentType.objects.get_for_model(model)
    entries = LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in ids])
    entries.update(object_repr="erased", change_message="")
