"""What the forms of the admin ask for, whatever the model: choices without ways to other tables, moments with their time zone, and on the
page that adds a row nothing that is not there yet."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.forms import SplitDateTimeField, TypedChoiceField
from django.utils.text import capfirst, format_lazy

from nexusvpn.languages import lazy as _

IN_UTC = _("In UTC.")


def plain_field(field: Any) -> Any:
    """A field of a form as staff need it."""
    if field is None:
        return None
    if isinstance(field.widget, RelatedFieldWidgetWrapper):
        # Django's signs beside a choice change and delete what is chosen, for every row that has it, and look as if they emptied the field.
        # The frame that they stood in stays: boxes to choose from are put into it.
        for sign in ("add", "change", "delete", "view"):
            setattr(field.widget, f"can_{sign}_related", False)
    if isinstance(field, TypedChoiceField):
        choices: Any = field.choices
        field.choices = [(value, capfirst(label)) for value, label in choices]
    if isinstance(field, SplitDateTimeField):
        field.help_text = format_lazy("{} {}", field.help_text, IN_UTC) if field.help_text else IN_UTC
    return field


def without_help(form: Any, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """What makes a form of the admin say nothing of these fields beside what they hold, and of the others what it says anyway."""
    if not names:
        return {}
    own = getattr(getattr(form, "Meta", None), "help_texts", None) or {}
    return {"help_texts": {**own, **dict.fromkeys(names, "")}}


def without(fieldsets: Any, hidden: Collection[Any]) -> list[tuple[Any, dict[str, Any]]]:
    """The groups of fields of a form but for some; a group of which nothing is left is not there."""
    kept = []
    for title, options in fieldsets:
        lines = [_of_line(line, hidden) for line in options["fields"]]
        fields = [line for line in lines if line]
        if fields:
            kept.append((title, {**options, "fields": fields}))
    return kept


def each_written(fieldsets: Any, write: Callable[[Any], Any]) -> list[tuple[Any, dict[str, Any]]]:
    """The groups of fields of a page that only shows, with what shows each in its place."""
    return [
        (title, {**options, "fields": [_line_written(line, write) for line in options["fields"]]})
        for title, options in fieldsets
    ]


def _line_written(line: Any, write: Callable[[Any], Any]) -> Any:
    return tuple(write(name) for name in line) if isinstance(line, (list, tuple)) else write(line)


def _of_line(line: Any, hidden: Collection[Any]) -> Any:
    """Fields that stand side by side are a tuple of their own."""
    if isinstance(line, (list, tuple)):
        return tuple(name for name in line if name not in hidden)
    return None if line in hidden else line
