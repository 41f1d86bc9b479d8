"""Who may be spoken to together. Accounts know neither plans nor locations: apps above register what people can be told apart by.

An audience is what is stored of a choice: `{"plan": ["pro"], "location": ["3"]}` is everybody who is in one of the values of each kind
that is named; `{}` is everybody. A kind or value that nobody knows any more has nobody in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User

Audience = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class AudienceKind:
    """`choices` gives the values that can be chosen now, with their names; `among` those of the people who are in any of the values."""

    name: str
    label: str
    choices: Callable[[], list[tuple[str, str]]]
    among: Callable[[QuerySet[User], Sequence[str]], QuerySet[User]]

    def choices_with(self, chosen: Sequence[str]) -> list[tuple[str, str]]:
        """Also what was chosen and is gone: nobody is in it, and whoever leaves it out may mean everybody."""
        found = self.choices()
        known = {value for value, _name in found}
        return [*found, *((value, _("something that is gone")) for value in chosen if value not in known)]


_kinds: dict[str, AudienceKind] = {}


def register_audience(kind: AudienceKind) -> None:
    if kind.name in _kinds:
        raise ValueError(f"There is an audience {kind.name} already.")
    _kinds[kind.name] = kind


def audience_kinds() -> list[AudienceKind]:
    """In the order in which the apps registered them."""
    return list(_kinds.values())


def people_in(audience: Audience) -> QuerySet[User]:
    """The people who are meant, of those who have an account and may use it."""
    people = User.objects.filter(is_active=True)
    for name, values in audience.items():
        kind = _kinds.get(name)
        people = people.none() if kind is None else kind.among(people, values)
    return people


def audience_in_words(audience: Audience) -> str:
    """ "Plan: Basic or Pro; location: Oslo", or "everybody"."""
    return "; ".join(_in_words(name, values) for name, values in audience.items()) or _("everybody")


def _in_words(name: str, values: Sequence[str]) -> str:
    kind = _kinds.get(name)
    names = dict(kind.choices_with(values)) if kind is not None else {}
    # Translators: between the values of an audience, "Basic or Pro"
    those = _(" or ").join(str(names.get(value, _("something that is gone"))) for value in values)
    return f"{kind.label if kind else name}: {those}"
