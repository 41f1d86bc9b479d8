"""Permissions in the words of the menu, in the language of whoever gives them: Django keeps them in the database, in English."""

from __future__ import annotations

from django import forms
from django.contrib.auth.models import Permission
from django.utils.text import capfirst
from django.utils.translation import gettext

from nexusvpn.admin_menu import NAMES
from nexusvpn.languages import lazy as _

_ACTS = {
    "add": _("add"),
    "change": _("change"),
    "delete": _("delete"),
    "view": _("see"),
}


def in_words(permission: Permission) -> str:
    kind = permission.content_type
    model = kind.model_class()
    listed = NAMES.get(model._meta.object_name or "") if model else None
    act, _blank, of = permission.codename.partition("_")
    words = str(_ACTS[act]) if act in _ACTS and of == kind.model else gettext(permission.name)
    return f"{listed or capfirst(kind.name)}: {words}"


class PermissionsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Permission) -> str:
        return in_words(obj)
