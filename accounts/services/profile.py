"""What people say about themselves."""

from __future__ import annotations

from accounts.models import User
from nexusvpn.texts import one_line


def rename_person(*, user: User, full_name: str) -> None:
    """Raises InvalidInput for a name that is more than one line."""
    user.full_name = one_line(full_name, "full_name")
    user.save(update_fields=["full_name"])
