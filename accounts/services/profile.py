"""What people say about themselves."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.texts import one_line


def rename_person(*, user: User, full_name: str) -> None:
    """Raises InvalidInput for a name that is more than one line."""
    user.full_name = one_line(full_name, "full_name")
    with transaction.atomic():
        user.save(update_fields=["full_name"])
        record_act("name_changed", actor=user, person=user.pk, target=user)
