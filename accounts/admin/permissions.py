"""Permissions by their names in the language of whoever gives them: Django keeps them in the database, in English."""

from __future__ import annotations

from django import forms
from django.contrib.auth.models import Permission
from django.utils.translation import gettext

from nexusvpn.languages import lazy as _

_ACTS = {
    "add": _("Can add %(name)s"),
    "change": _("Can change %(name)s"),
    "delete": _("Can delete %(name)s"),
    "view": _("Can view %(name)s"),
}


def in_words(permission: Permission) -> str:
    kind = permission.content_type
    act, _blank, of = permission.codename.partition("_")
    is_usual = act in _ACTS and of == kind.model
    words = str(_ACTS[act]) % {"name": kind.name} if is_usual else gettext(permission.name)
    return f"{kind} | {words}"


class PermissionsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Permission) -> str:
        return in_words(obj)
