"""The locations that a person wants at the top of their list."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from accounts.models import User
from nexusvpn.errors import NotFound
from vpn.models import FavouriteLocation, Location


def add_favourite(*, user: User, location_id: int) -> Location:
    """May be repeated. Raises NotFound for a location that customers do not see."""
    location = Location.objects.filter(pk=location_id, is_active=True).first()
    if location is None:
        raise NotFound
    # Of two clicks at once the constraint keeps one, and neither fails.
    FavouriteLocation.objects.bulk_create([FavouriteLocation(user=user, location=location)], ignore_conflicts=True)
    return location


def remove_favourite(*, user: User, location_id: int) -> Location:
    """May be repeated. Raises NotFound for a location that is neither theirs nor one that customers see."""
    theirs = FavouriteLocation.objects.filter(user=user).values("location")
    location = Location.objects.filter(Q(is_active=True) | Q(pk__in=theirs), pk=location_id).first()
    if location is None:
        raise NotFound
    FavouriteLocation.objects.filter(user=user, location=location).delete()
    return location


def favourites_of(user_id: UUID) -> set[int]:
    return set(FavouriteLocation.objects.filter(user=user_id).values_list("location_id", flat=True))
