"""Lists that change in place."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def in_place(list_id: str) -> SafeString:
    """For what leads to other parts of a list, its pages, tabs and search: `<nav {% in_place "devices" %}>`.

    The view and the template are those of the whole page; the browser takes the element with that id out of it (`lists.js`).
    """
    return format_html('hx-boost:inherited="select:#{0} target:#{0} swap:outerHTML"', list_id)
