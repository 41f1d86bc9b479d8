"""The icons for yes and no in the admin's tables, named in the language of whoever looks: Django names them True and False in each."""

from __future__ import annotations

from django.contrib.admin.templatetags import admin_list
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nexusvpn.languages import lazy as _

_ICONS = {True: ("yes", _("Yes")), False: ("no", _("No")), None: ("unknown", _("Not known"))}


def boolean_icon(value: bool | None) -> SafeString:
    name, text = _ICONS[value]
    return format_html('<img src="{}" alt="{}">', static(f"admin/img/icon-{name}.svg"), text)


def name_icons() -> None:
    """Lists and forms take it from this one place, and Django has no other way in."""
    admin_list._boolean_icon = boolean_icon  # type: ignore[attr-defined]
