"""Every column that is encrypted at rest, as the apps name them, and encrypting all of them with a new key while the service runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from nexusvpn.encryption import UnreadableSecret, decrypt, encrypt, is_current

BATCH = 500


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """`place` makes the text that a value is bound to (`nexusvpn.encryption`) of the row's `needs`. An empty value is no secret.

    `at_once` rows are read together: fewer where values are large.
    """

    model: type[Model]
    column: str
    needs: tuple[str, ...]
    place: Callable[..., str]
    at_once: int = BATCH

    @property
    def label(self) -> str:
        return f"{self.model._meta.label}.{self.column}"


@dataclass(slots=True)
class Renewal:
    """How many values were encrypted anew, were so already, and cannot be read with any configured key."""

    renewed: int = 0
    current: int = 0
    unreadable: int = 0


_columns: dict[str, EncryptedColumn] = {}


def register_encrypted(
    model: type[Model], column: str, needs: tuple[str, ...], place: Callable[..., str], *, at_once: int = BATCH
) -> None:
    made = EncryptedColumn(model, column, needs, place, at_once)
    if made.label in _columns:
        raise ValueError(f"{made.label} is registered already.")
    _columns[made.label] = made


def encrypted_columns() -> list[EncryptedColumn]:
    return list(_columns.values())


def renew_encryption(stored: bytes, place: str) -> bytes:
    """The same secret, encrypted with the present key. Raises UnreadableSecret."""
    return encrypt(decrypt(stored, place), place)


def reencrypt(column: EncryptedColumn) -> Renewal:
    """Encrypt every value with the present key. While everything runs, and as often as one likes.

    Each row is written on its own, and only if it still holds what was read. What cannot be read is left as it is.
    """
    done = Renewal()
    for pk, stored, *parts in _values(column):
        if is_current(stored):
            done.current += 1
            continue
        try:
            renewed = renew_encryption(stored, column.place(*parts))
        except UnreadableSecret:
            done.unreadable += 1
            continue
        unchanged = column.model._base_manager.filter(pk=pk, **{column.column: stored})
        done.renewed += unchanged.update(**{column.column: renewed})
    return done


def _values(column: EncryptedColumn) -> Any:
    """(primary key, value, what its place is made of) of every row that holds a secret, batch by batch."""
    filled: QuerySet[Any] = column.model._base_manager.exclude(**{column.column: b""})
    filled = filled.filter(**{f"{column.column}__isnull": False}).order_by("pk")
    last = None
    while True:
        rest = filled if last is None else filled.filter(pk__gt=last)
        batch = list(rest.values_list("pk", column.column, *column.needs)[: column.at_once])
        for pk, stored, *parts in batch:
            yield (pk, bytes(stored), *parts)
        if len(batch) < column.at_once:
            return
        last = batch[-1][0]
