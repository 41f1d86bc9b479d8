"""How the admin writes columns that hold plain numbers or codes: sums with their currency, volumes of data in units, codes in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst

from nexusvpn.templatetags.nexusvpn_ui import bytes_exact, day, money

MINOR = "_minor"
# What was received and sent is in bytes wherever it is counted.
VOLUMES = ("rx", "tx", "bytes")


def _is_volume(name: str) -> bool:
    words = name.split("_")
    return words[0] in VOLUMES or words[-1] in VOLUMES


def readable(
    model: Any, name: Any, sums: Collection[str] = (), words: Mapping[str, Callable[[Any], str]] | None = None
) -> Any:
    """What to show for a column of a list or a page that only shows: the column's name, or what writes its number out.

    Sums are what is called so (`_minor`), and what the table's admin names beside; so are the words for a column's codes. What a choice is
    called within a sentence begins with a capital where it stands alone.
    """
    if not isinstance(name, str):
        return name
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    if words and name in words:
        return _written(field, lambda row: words[name](getattr(row, name)) or None)
    if name.endswith(MINOR) or name in sums:
        # A row may have sums of several currencies, each beside its own.
        own = name.removesuffix(MINOR) + "_currency"
        currency = own if hasattr(model, own) else "currency"
        return _written(field, lambda row: money(getattr(row, name), getattr(row, currency)))
    if _is_volume(name):
        return _written(field, lambda row: bytes_exact(getattr(row, name)))
    if getattr(field, "choices", None):
        return _written(field, lambda row: capfirst(getattr(row, f"get_{name}_display")()))
    return name


def on_its_day(model: Any, name: str) -> Callable[[Any], str | None]:
    """A moment's column by its day: a list of many columns has no room for the clock, which the row's page shows."""
    return _written(model._meta.get_field(name), lambda row: day(getattr(row, name)))


def _written(field: Any, write: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    @admin.display(description=field.verbose_name, ordering=field.name)
    def show(row: Any) -> str | None:
        return write(row)

    # Not the column's own name: how its number is entered is said of a field, not of what is written out.
    show.__name__ = f"{field.name}_written"
    return show
