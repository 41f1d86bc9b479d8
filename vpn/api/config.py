"""A device's configuration over the API: as JSON, as a file, as a profile for Apple's systems, or all locations at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.people import signed_in
from nexusvpn.api.negotiation import asked_for
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from nexusvpn.errors import InvalidInput
from nexusvpn.http import attachment
from nexusvpn.ratelimit import CONFIG_BUNDLE, enforce
from vpn.api.config_parameters import CONFIG_PARAMETERS
from vpn.api.serializers import ConfigView
from vpn.services.config_bundle import MEDIA_TYPE as ZIP
from vpn.services.config_bundle import configuration_bundle
from vpn.services.config_choices import parse_choices
from vpn.services.configuration import apple_profile, configuration, profile_file_name
from vpn.wireguard.mobileconfig import MEDIA_TYPE as PROFILE

TEXT = "text/plain"
ALL_LOCATIONS = "all"


class DeviceConfigView(ApiView):
    scope = Scope.DEVICES

    @extend_schema(
        parameters=CONFIG_PARAMETERS,
        responses={
            200: ConfigView,
            (200, TEXT): OpenApiTypes.STR,
            (200, PROFILE): OpenApiTypes.STR,
            (200, ZIP): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, pk: UUID) -> Any:
        """The device's WireGuard configuration, without the private key, which we do not have.

        In the file and in JSON a line that starts with `# PrivateKey` stands in its place, in the Apple profile
        `{{PRIVATE_KEY}}`. A device that has no address in the chosen location gets one.
        """
        kind = asked_for(request, (TEXT, PROFILE, ZIP))
        values = _single_values(request)
        if kind == ZIP:
            return _bundle(request, pk, values)
        if values.get("location") == ALL_LOCATIONS:
            raise InvalidInput(
                fields={"location": [_("All locations come as an archive: send Accept: {type}.").format(type=ZIP)]}
            )
        choices = parse_choices(values)
        file = configuration(user=signed_in(request), device_id=pk, choices=choices)
        if kind == PROFILE:
            content = apple_profile(file, choices)
            return attachment(content, PROFILE, profile_file_name(file))
        if kind == TEXT:
            return attachment(file.text, f"{TEXT}; charset=utf-8", file.file_name)
        return Response({"config": file.text, "file_name": file.file_name, "notes": file.notes})


def _bundle(request: Request, pk: UUID, values: dict[str, str]) -> Any:
    user = signed_in(request)
    if values.pop("location", ALL_LOCATIONS) != ALL_LOCATIONS:
        raise InvalidInput(fields={"location": [_("An archive holds every location: leave it out or say all.")]})
    choices = parse_choices(values)
    enforce(request._request, CONFIG_BUNDLE, f"user:{user.pk}")
    bundle = configuration_bundle(user=user, device_id=pk, choices=choices)
    return attachment(bundle.content, ZIP, bundle.file_name)


def _single_values(request: Request) -> dict[str, str]:
    """The query; a parameter that is given twice says two things."""
    twice = [name for name, values in request.query_params.lists() if len(values) > 1]
    if twice:
        raise InvalidInput(fields={name: [_("Must be given once.")] for name in twice})
    return {name: request.query_params[name] for name in request.query_params}
