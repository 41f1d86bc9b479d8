from __future__ import annotations

import hashlib
from typing import Any

import orjson
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from nexusvpn.api.permissions import Anyone
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from vpn.api.serializers import FavouritesView as FavouritesShape
from vpn.api.serializers import LocationsView as LocationsShape
from vpn.services.favourites import add_favourite, favourites_of, remove_favourite
from vpn.services.locations import list_locations


class LocationsView(ApiView):
    permission_classes = (Anyone,)

    @extend_schema(responses={200: LocationsShape, 304: None}, auth=[])
    def get(self, request: Request) -> Any:
        """Every location. `ETag` is of the content: send it back in If-None-Match and an unchanged list answers 304."""
        items = list_locations()
        etag = f'"{hashlib.sha256(orjson.dumps(items)).hexdigest()[:32]}"'
        unchanged = etag in request.META.get("HTTP_IF_NONE_MATCH", "")
        response = Response(status=304) if unchanged else Response({"items": items})
        response["ETag"] = etag
        response["Cache-Control"] = "no-cache"
        return response


def _favourites(request: Request) -> Response:
    return Response({"items": sorted(favourites_of(signed_in(request).pk))})


class FavouritesView(ApiView):
    scope = Scope.DEVICES

    @extend_schema(responses={200: FavouritesShape})
    def get(self, request: Request) -> Response:
        """The locations that you want at the top of your list."""
        return _favourites(request)


class FavouriteView(ApiView):
    scope = Scope.DEVICES

    @extend_schema(request=None, responses={200: FavouritesShape})
    def put(self, request: Request, pk: str) -> Response:
        """Make it one of your favourites; answers with all of them. May be repeated."""
        add_favourite(user=signed_in(request), location_id=int(pk))
        return _favourites(request)

    @extend_schema(responses={200: FavouritesShape})
    def delete(self, request: Request, pk: str) -> Response:
        """Make it none of your favourites; answers with those that are left. May be repeated."""
        remove_favourite(user=signed_in(request), location_id=int(pk))
        return _favourites(request)
