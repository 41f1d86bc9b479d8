"""What people say about themselves."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from accounts.signals import Changed, account_changed
from nexusvpn.audit import record_act
from nexusvpn.errors import InvalidInput
from nexusvpn.languages import known_language
from nexusvpn.texts import one_line


def choose_language(*, user: User, language: str) -> None:
    """What we write to this person is in it from now on. One of settings.LANGUAGES; raises InvalidInput for any other."""
    if not known_language(language):
        raise InvalidInput(fields={"language": [gettext("This is none of our languages.")]})
    user.language = language
    with transaction.atomic():
        if User.objects.filter(pk=user.pk).exclude(language=language).update(language=language):
            account_changed.send(sender=User, user=user, what=Changed.LANGUAGE)


def rename_person(*, user: User, full_name: str) -> None:
    """Raises InvalidInput for a name that is more than one line."""
    user.full_name = one_line(full_name, "full_name")
    with transaction.atomic():
        user.save(update_fields=["full_name"])
        record_act("name_changed", actor=user, person=user.pk, target=user)


def change_profile(*, user: User, full_name: str | None = None, language: str | None = None) -> None:
    """What is given, all of it or nothing. Raises InvalidInput as the two above do."""
    with transaction.atomic():
        if full_name is not None and full_name != user.full_name:
            rename_person(user=user, full_name=full_name)
        if language is not None:
            choose_language(user=user, language=language)
