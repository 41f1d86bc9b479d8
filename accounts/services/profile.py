"""What people say about themselves."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.texts import one_line


def choose_language(*, user: User, language: str) -> None:
    """Mails to this person are in it from now on."""
    User.objects.filter(pk=user.pk).exclude(language=language).update(language=language)


def rename_person(*, user: User, full_name: str) -> None:
    """Raises InvalidInput for a name that is more than one line."""
    user.full_name = one_line(full_name, "full_name")
    with transaction.atomic():
        user.save(update_fields=["full_name"])
        record_act("name_changed", actor=user, person=user.pk, target=user)
