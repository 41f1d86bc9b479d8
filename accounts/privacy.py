"""What the product holds about people, as each app says it: sections of a person's export, and kinds of what is stored.

Apps register theirs when they are ready (`<app>/privacy.py`; this app's are in `stored.py`). The export, the page "What we store" and the
tests that hold both complete read the registries.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import User

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the export: `about` says to its reader what it is, `collect` gives plain values for JSON."""

    name: str
    about: str
    collect: Callable[[User], Any]


@dataclass(frozen=True, slots=True)
class StoredKind:
    """A model as people read about it, or by the name of an app all of its models. In `kept`, `{NAME}` stands for a setting's value.

    What is about a person is in a `section` of their export, or `not_exported` says why it is not.
    """

    model: str
    what: str
    why: str
    kept: str
    section: str = ""
    not_exported: str = ""
    about_people: bool = True

    @property
    def kept_text(self) -> str:
        return re.sub(r"\{([A-Z_]+)\}", lambda name: str(getattr(settings, name[1])), str(self.kept))


_sections: dict[str, Section] = {}
_kinds: dict[str, StoredKind] = {}


def register_section(name: str, about: str, collect: Callable[[User], Any]) -> None:
    if name in _sections:
        raise ValueError(f"The export has a section {name} already.")
    _sections[name] = Section(name, about, collect)


def register_stored(*kinds: StoredKind) -> None:
    for kind in kinds:
        if kind.model in _kinds:
            raise ValueError(f"{kind.model} is described already.")
        _kinds[kind.model] = kind


def sections() -> list[Section]:
    """In the order in which the apps registered them: the account first."""
    return list(_sections.values())


def stored_kinds() -> list[StoredKind]:
    return list(_kinds.values())


def rows_of(rows: QuerySet[Any], *columns: str, **renamed: Any) -> list[dict[str, Any]]:
    """The named columns of each row, in the query set's order; `renamed` are columns under another name."""
    return list(rows.values(*columns, **renamed).iterator(chunk_size=ROWS_AT_ONCE))
