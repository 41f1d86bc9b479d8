"""The kernel's locks. What staff save as a section of the settings comes before every row."""

from __future__ import annotations

from typing import TypeVar

from django.db import connection
from django.db.models import Model

Row = TypeVar("Row", bound=Model)


def lock_settings(model: type[Row]) -> Row | None:
    """The one row of a table of settings as it is now, locked until commit; None while there is none and its defaults hold.

    Those who change it come one after the other also then: the first lock needs no row, the second holds off whoever changes the row
    by another way.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('nexusvpn.settings'), hashtext(%s))", [model._meta.label])
    found: Row | None = model._default_manager.select_for_update(no_key=True).first()
    return found


def lock_row(model: type[Model], key: object) -> None:
    """Hold a row whose form staff save, until commit; where there is none, nothing. Before whatever the saving locks."""
    list(model._base_manager.select_for_update(no_key=True).filter(pk=key).values_list("pk"))
