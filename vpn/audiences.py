"""People told apart by where their devices are, for whoever speaks to some of them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet

from accounts.audiences import AudienceKind, register_audience
from accounts.models import User
from nexusvpn.languages import lazy as _
from vpn.models import IpAssignment, Location


def _choices() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Location.objects.order_by("name").values_list("pk", "name")]


def _among(people: QuerySet[User], locations: Sequence[str]) -> QuerySet[User]:
    """Who has a device that lives and has a place in one of the locations."""
    places = IpAssignment.objects.live().filter(user=OuterRef("pk"), device__revoked_at=None, superseded_at=None)
    ids = [int(location) for location in locations if location.isdecimal()]
    return people.filter(Exists(places.filter(location__in=ids)))


def register() -> None:
    register_audience(AudienceKind("location", _("location"), _choices, _among))
