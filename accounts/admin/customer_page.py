"""What the page of a customer gathers from the apps, which add their parts when they are imported; who looks sees what they may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Expression, Subquery
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from nexusvpn.admin_base import Panel

# A name and a value, and how it stands out: good, warn, bad, or not at all.
Fact = tuple[Any, Any, str]


@dataclass(frozen=True, slots=True)
class _Part:
    of: Callable[..., Any]
    permission: str
    place: int
    is_more: bool = False
    # What it shows is more or less, by what else whoever looks may see.
    by_viewer: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """Leads to where something is done that is not done to the account itself."""

    label: Any
    address: Callable[[User], str]
    permission: str
    # Whether there is something to do there; it reads the row alone.
    applies: Callable[[Any], bool]


@dataclass
class CustomerPage:
    """Facts decide, panels show the latest of what there is, links lead to the rest. `place` orders what several apps bring.

    A part with a permission is asked for, and costs its query, only where whoever looks has it.
    """

    columns: dict[str, Expression | Subquery | Any] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    # What else happens, a sentence each, when the account is shut (suspended, being deleted) and when it is opened again.
    on_shutting: list[Callable[[User], Iterable[str]]] = field(default_factory=list)
    on_opening: list[Callable[[User], Iterable[str]]] = field(default_factory=list)
    _facts: list[_Part] = field(default_factory=list)
    _panels: list[_Part] = field(default_factory=list)

    def add_columns(self, **expressions: Any) -> None:
        """What facts and links read of the row: computed in the query that fetches the person, under names that begin with `page_`."""
        self.columns.update(expressions)

    def add_facts(self, of: Callable[[User], Iterable[Fact]], *, permission: str = "", place: int = 50) -> None:
        self._facts.append(_Part(of, permission, place))

    def add_panel(
        self,
        of: Callable[..., Panel],
        *,
        permission: str,
        place: int = 50,
        is_more: bool = False,
        by_viewer: bool = False,
    ) -> None:
        """One query each; what is seldom looked for `is_more`, and is shown on demand. `of` gets the person and, `by_viewer`, who looks."""
        self._panels.append(_Part(of, permission, place, is_more, by_viewer))

    def add_link(
        self,
        label: Any,
        address: Callable[[User], str],
        *,
        permission: str,
        applies: Callable[[Any], bool] = lambda user: True,
    ) -> None:
        self.links.append(Link(label, address, permission, applies))

    def facts_for(self, viewer: Any, user: User) -> list[Fact]:
        return [fact for part in _seen(self._facts, viewer) for fact in part.of(user)]

    def panels_for(self, viewer: Any, user: User, *, more: bool) -> list[Panel]:
        shown = [part for part in _seen(self._panels, viewer) if more or not part.is_more]
        return [part.of(user, viewer) if part.by_viewer else part.of(user) for part in shown]

    def links_for(self, viewer: Any, user: User) -> list[tuple[Any, str]]:
        return [
            (link.label, link.address(user))
            for link in self.links
            if viewer.has_perm(link.permission) and link.applies(user)
        ]


def _seen(parts: list[_Part], viewer: Any) -> list[_Part]:
    assert isinstance(viewer, AbstractBaseUser)
    allowed = [part for part in parts if not part.permission or viewer.has_perm(part.permission)]  # type: ignore[attr-defined]
    return sorted(allowed, key=lambda part: part.place)


def list_of(model: str, user: User, **more: str) -> str:
    """The address of a table's list, of this person's rows only: `billing_payment`."""
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode({'user__id__exact': str(user.pk), **more})}"


customer_page = CustomerPage()
