"""Django's own history of what staff changed. It is kept in the words of the code, and drawn in the language of whoever reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext, override


def as_kept(label: object) -> str:
    """What a label is called in the code, whatever language is spoken."""
    with override(None):
        return str(label)


def said(entry: LogEntry) -> str:
    """What was done: the label of an action with what was written beside it, or the fields that were changed."""
    if not entry.change_message.startswith("["):
        done, colon, written = entry.change_message.partition(": ")
        return f"{gettext(done)}{colon}{written}" if done else ""
    model = entry.content_type.model_class() if entry.content_type else None
    names = _names_of(model) if model else {}
    parts = json.loads(entry.change_message)
    for part in parts:
        changed = part.get("changed") or {}
        if "fields" in changed:
            changed["fields"] = [str(capfirst(names.get(name, gettext(name)))) for name in changed["fields"]]
    return str(LogEntry(change_message=json.dumps(parts)).get_change_message())


def _names_of(model: type[Model]) -> dict[str, Any]:
    """What Django writes down for a field, and the field's name."""
    return {as_kept(capfirst(field.verbose_name)): field.verbose_name for field in _fields_of(model)}


def _fields_of(model: type[Model]) -> Iterable[Any]:
    return (*model._meta.concrete_fields, *model._meta.many_to_many)


def forget_names(model: type[Model], ids: Iterable[Any]) -> None:
    """Take the names of erased rows, and what staff wrote about them, out of the history. That something was done stays."""
    kind = ContentType.objects.get_for_model(model)
    entries = LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in ids])
    entries.update(object_repr="erased", change_message="")
