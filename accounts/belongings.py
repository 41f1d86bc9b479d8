"""What a person has that they may name to us, what their first page says of it, and what staff see, as each app says it.

Apps register theirs when they are ready; who asks need not know the app.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from nexusvpn.admin_base import Panel

Belonging = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Credit:
    """What a person has to their credit: what it is from, how much, and the path where all of it is."""

    label: str
    value: str
    link: str


_belongings: dict[str, Callable[[User], list[Belonging]]] = {}
_panels: list[tuple[Callable[[User], Panel], str]] = []
_credit: list[Callable[[User], Iterable[Credit]]] = []


def register_belongings(kind: str, of: Callable[[User], list[Belonging]]) -> None:
    """`of` gives the ids and names of all that a person has of this kind now; few enough for a list to choose from."""
    if kind in _belongings:
        raise ValueError(f"Belongings of the kind {kind} are registered already.")
    _belongings[kind] = of


def belongings_of(user: User, kind: str) -> list[Belonging]:
    """Nothing for a kind that no app has registered."""
    return _belongings[kind](user) if kind in _belongings else []


def register_credit(lines: Callable[[User], Iterable[Credit]]) -> None:
    """For a person's first page; who has nothing gives no line. One query at most: the page asks every few seconds."""
    if lines not in _credit:
        _credit.append(lines)


def credit_of(user: User) -> list[Credit]:
    return [line for lines in _credit for line in lines(user)]


def register_panel(panel: Callable[[User], Panel], *, permission: str) -> None:
    """A small table for staff who answer a person's question and have the permission."""
    if (panel, permission) not in _panels:
        _panels.append((panel, permission))


def panels_of(user: User, viewer: User) -> list[Panel]:
    return [panel(user) for panel, permission in _panels if viewer.has_perm(permission)]
