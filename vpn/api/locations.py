from __future__ import annotations

import hashlib
from typing import Any

import orjson
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from nexusvpn.api.permissions import Anyone
from nexusvpn.api.views import ApiView
from vpn.api.serializers import LocationsView as LocationsShape
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
