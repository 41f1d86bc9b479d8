"""API keys over the API. A key makes no keys: only a sign-in does, and since a key outlives it, the person is asked again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.second_factor import check_proof
from accounts.api.serializers_keys import ApiKeyForm, ApiKeyView, CreatedApiKeyView
from accounts.models import ApiKey
from accounts.people import signed_in
from accounts.services.api_keys import create_api_key, revoke_api_key
from nexusvpn.api.pagination import fetch_page, page_request
from nexusvpn.api.schema import PAGE_PARAMETERS, paged
from nexusvpn.api.views import ApiView

COLUMNS = tuple(ApiKeyView().fields)


def _row(*values: Any) -> dict[str, Any]:
    return dict(zip(COLUMNS, values, strict=True))


class ApiKeysView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses={200: paged(ApiKeyView)})
    def get(self, request: Request) -> Response:
        keys = ApiKey.objects.filter(user=signed_in(request))
        return Response(fetch_page(keys, page_request(request.query_params), COLUMNS, _row).as_dict())

    @extend_schema(request=ApiKeyForm, responses={201: CreatedApiKeyView})
    def post(self, request: Request) -> Response:
        values = self.read(ApiKeyForm)
        check_proof(request, values)
        wanted = {name: values[name] for name in ("name", "scopes", "expires_at")}
        key, row = create_api_key(user=signed_in(request), **wanted)
        return Response({**{name: getattr(row, name) for name in COLUMNS}, "key": key}, status=201)


class ApiKeyDetailView(ApiView):
    @extend_schema(responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        revoke_api_key(user=signed_in(request), key_id=pk)
        return Response(None)
