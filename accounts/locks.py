"""The row lock of this app. It comes before every lock of the apps above: the same row is their customer's."""

from __future__ import annotations

from uuid import UUID

from accounts.models import User


def lock_person(user_id: UUID) -> User | None:
    """The account as it is now, locked until commit, or None if it is gone.

    NO KEY: rows that refer to the account can be written meanwhile.
    """
    return User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
