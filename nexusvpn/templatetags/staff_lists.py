"""What the admin calls its lists, for pages that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst

from nexusvpn.admin_menu import NAMES
from nexusvpn.templatetags.addresses import breakable

register = template.Library()


@register.filter
def list_name(opts: Any) -> str:
    """As the list's own title and the navigation say it."""
    return capfirst(str(NAMES.get(opts.object_name, opts.verbose_name_plural)))


@register.filter
def labelled(row: Iterable[str], headings: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The row's cells, each with the name of its column; the box that picks a row has none."""
    for cell, heading in zip_longest(row, headings):
        if not heading or "checkbox" in heading["class_attrib"]:
            yield cell
            continue
        label = format_html(' data-label="{}"', capfirst(heading["text"]))
        # Its beginning is "<td" or "<th", and what follows was escaped by Django.
        yield breakable(mark_safe(f"{cell[:3]}{label}{cell[3:]}"))  # noqa: S308


@register.filter
def under(row: Iterable[Any], headings: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """The row's cells, each behind the heading that it stands under."""
    return zip(headings, row, strict=True)
