"""What the admin calls its lists, for pages that lead to them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.text import capfirst

from nexusvpn.admin_menu import NAMES

register = template.Library()


@register.filter
def list_name(opts: Any) -> str:
    """As the list's own title and the navigation say it."""
    return capfirst(str(NAMES.get(opts.object_name, opts.verbose_name_plural)))
