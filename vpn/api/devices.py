"""Devices over the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from nexusvpn.api.negotiation import wants_text
from nexusvpn.api.pagination import CompiledPage, page_request
from nexusvpn.api.schema import PAGE_PARAMETERS, paged
from nexusvpn.api.views import ApiView
from vpn.api.serializers import ConfigView, CreatedDeviceView, DeviceForm, DeviceView, RenameForm
from vpn.services.activation import wait_until_active
from vpn.services.configuration import client_config
from vpn.services.device_views import COLUMNS, device_view, devices_of, find_device
from vpn.services.devices import add_device, remove_device, rename_device
from vpn.wireguard.keys import generate_key_pair


def _row(*values: Any) -> dict[str, Any]:
    return device_view(*values).as_dict()


MY_DEVICES = CompiledPage(devices_of, COLUMNS, _row)


class DevicesView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses={200: paged(DeviceView)})
    def get(self, request: Request) -> Response:
        return Response(MY_DEVICES.fetch(signed_in(request).pk, page_request(request.query_params)).as_dict())

    @extend_schema(request=DeviceForm, responses={201: CreatedDeviceView})
    def post(self, request: Request) -> Response:
        form = self.read(DeviceForm)
        pair = None if "public_key" in form else generate_key_pair()
        device = add_device(
            user=signed_in(request),
            name=form["name"],
            location_slug=form["location"],
            public_key=pair.public_key if pair else form["public_key"],
        )
        wait_until_active(device.pk)
        answer = find_device(signed_in(request).pk, device.pk).as_dict()
        if pair:
            answer["private_key"] = pair.private_key
            answer["config"] = client_config(
                user_id=signed_in(request).pk, device_id=device.pk, private_key=pair.private_key
            )
        return Response(answer, status=201)


class DeviceDetailView(ApiView):
    @extend_schema(responses={200: DeviceView})
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(find_device(signed_in(request).pk, pk).as_dict())

    @extend_schema(request=RenameForm, responses={200: DeviceView})
    def patch(self, request: Request, pk: UUID) -> Response:
        rename_device(user=signed_in(request), device_id=pk, **self.read(RenameForm))
        return Response(find_device(signed_in(request).pk, pk).as_dict())

    @extend_schema(responses={200: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        remove_device(user=signed_in(request), device_id=pk)
        return Response(None)


class DeviceConfigView(ApiView):
    @extend_schema(responses={200: ConfigView, (200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request, pk: UUID) -> Any:
        config = client_config(user_id=signed_in(request).pk, device_id=pk)
        if wants_text(request):
            response = HttpResponse(config, content_type="text/plain; charset=utf-8")
            response.headers["Content-Disposition"] = 'attachment; filename="nexusvpn.conf"'
            response.headers["Cache-Control"] = "no-store"
            return response
        return Response({"config": config})
