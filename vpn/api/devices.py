"""Devices over the API."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from nexusvpn.api.pagination import Page, page_request
from nexusvpn.api.schema import PAGE_PARAMETERS, paged
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from vpn.api.serializers import ChangeForm, CreatedDeviceView, DeviceForm, DeviceView, KeyForm
from vpn.models import VpnConfig
from vpn.services.activation import wait_until_active
from vpn.services.configuration import configuration
from vpn.services.device_life import check_expiry, resume_device, rotate_key, set_expiry, suspend_device
from vpn.services.device_views import device_page, find_device
from vpn.services.devices import add_device, remove_device, rename_device
from vpn.wireguard.keys import generate_key_pair

CUSTOMER = VpnConfig.SuspendedBy.CUSTOMER


class DevicesView(ApiView):
    scope = Scope.DEVICES

    @extend_schema(parameters=PAGE_PARAMETERS, responses={200: paged(DeviceView)})
    def get(self, request: Request) -> Response:
        page = device_page(signed_in(request).pk, page_request(request.query_params))
        items = [view.as_dict() for view in page.items]
        return Response(Page(items, page.page, page.limit, page.total).as_dict())

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
            file = configuration(user=signed_in(request), device_id=device.pk, private_key=pair.private_key)
            answer["config"] = file.text
        return Response(answer, status=201)


def _device(request: Request, pk: UUID) -> Response:
    return Response(find_device(signed_in(request).pk, pk, removed=True).as_dict())


class DeviceDetailView(ApiView):
    scope = Scope.DEVICES

    @extend_schema(responses={200: DeviceView})
    def get(self, request: Request, pk: UUID) -> Response:
        """Also of a removed device, with the proof of its removal."""
        return _device(request, pk)

    @extend_schema(request=ChangeForm, responses={200: DeviceView})
    def patch(self, request: Request, pk: UUID) -> Response:
        changes = self.read(ChangeForm)
        # Before anything is written: of two changes in one request neither is made if one is refused for its form.
        check_expiry(changes.get("expires_at"))
        if "name" in changes:
            rename_device(user=signed_in(request), device_id=pk, name=changes["name"])
        if "expires_at" in changes:
            set_expiry(user=signed_in(request), device_id=pk, expires_at=changes["expires_at"])
        return Response(find_device(signed_in(request).pk, pk).as_dict())

    @extend_schema(responses={200: DeviceView})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Takes the device off every server. `state` is `removing` until every node has confirmed it; look again to see `removed_at`."""
        remove_device(user=signed_in(request), device_id=pk)
        return _device(request, pk)


class DeviceKeyView(ApiView):
    scope = Scope.DEVICES

    @extend_schema(request=KeyForm, responses={200: DeviceView})
    def post(self, request: Request, pk: UUID) -> Response:
        """Same device, same addresses. Nodes keep the former key until the new one is in use, for two minutes at most."""
        rotate_key(user=signed_in(request), device_id=pk, public_key=self.read(KeyForm)["public_key"])
        wait_until_active(pk)
        return _device(request, pk)


class DeviceSuspendView(ApiView):
    scope = Scope.DEVICES

    @extend_schema(request=None, responses={200: DeviceView})
    def post(self, request: Request, pk: UUID) -> Response:
        """Takes the device off every server; it keeps its addresses."""
        suspend_device(user=signed_in(request), device_id=pk, by=CUSTOMER)
        return _device(request, pk)


class DeviceResumeView(ApiView):
    scope = Scope.DEVICES

    @extend_schema(request=None, responses={200: DeviceView})
    def post(self, request: Request, pk: UUID) -> Response:
        resume_device(user=signed_in(request), device_id=pk, by=CUSTOMER)
        wait_until_active(pk)
        return _device(request, pk)
