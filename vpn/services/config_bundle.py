"""One archive with a configuration for every location."""

from __future__ import annotations

import io
import textwrap
import zipfile
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from billing.entitlements import Entitlement, entitlement_for
from nexusvpn.countries import country_name
from nexusvpn.errors import Conflict, NotAllowed
from vpn.errors import DeviceSuspended, LocationUnavailable, PremiumLocation
from vpn.services.config_choices import ConfigChoices
from vpn.services.configuration import ConfigFile, render_configuration
from vpn.services.device_views import find_device
from vpn.services.locations import list_locations
from vpn.services.places import place_for
from vpn.wireguard.file_names import config_file_name, unique_file_names

MEDIA_TYPE = "application/zip"
README = "README.txt"
# The earliest time that the format knows: the same files make the same bytes.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_OWNER_ONLY = 0o100600 << 16


@dataclass(frozen=True, slots=True, repr=False)
class Bundle:
    """The archive and the name to save it under."""

    content: bytes
    file_name: str


@dataclass(slots=True)
class _Collection:
    """What goes in, and what does not for which reason, by the location's name."""

    files: dict[str, ConfigFile] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def configuration_bundle(*, user: User, device_id: UUID, choices: ConfigChoices) -> Bundle:
    """A wg-quick file for each location that the plan has and that can be had now, and a README that names the others.

    The device gets a place in each of them. A location that is full, offline or does not offer the port is left out.
    Raises NotFound, DeviceSuspended; InvalidInput or SplitTooLarge for choices that no location admits;
    LocationUnavailable when nothing is left.
    """
    device = find_device(user.pk, device_id)
    found = _collect(user, device_id, choices)
    if not found.files:
        raise LocationUnavailable(_("No location of your plan can be had at the moment. Try again later."))
    contents = {file.file_name: file.text for file in found.files.values()}
    contents[README] = _readme(device.name, found)
    return Bundle(_zip(contents), config_file_name(device.name).removesuffix(".conf") + ".zip")


def _collect(user: User, device_id: UUID, choices: ConfigChoices) -> _Collection:
    """One location after the other: the refusal of one does not undo the place that the device has in another."""
    entitlement = entitlement_for(user)
    locations = sorted(list_locations(), key=lambda location: str(location["slug"]))
    names = unique_file_names(location["slug"] for location in locations)
    found = _Collection()
    for location in locations:
        slug = location["slug"]
        try:
            _check_can_be_had(entitlement, location)
            place = place_for(user=user, device_id=device_id, location_slug=slug)
            found.files[_label(location)] = render_configuration(
                device_id, place, replace(choices, location=slug), names[slug]
            )
        except DeviceSuspended:
            raise
        except (Conflict, NotAllowed) as refusal:
            found.left_out[_label(location)] = refusal.message
    return found


def _check_can_be_had(entitlement: Entitlement, location: dict[str, Any]) -> None:
    """Raises PremiumLocation, or LocationUnavailable also where the device has a place, which is of no use now."""
    if location["premium"] and not entitlement.premium_locations:
        raise PremiumLocation
    if not location["online"]:
        raise LocationUnavailable


def _label(location: dict[str, Any]) -> str:
    return f"{location['city']}, {country_name(location['country_code'])} ({location['slug']})"


def _readme(device_name: str, found: _Collection) -> str:
    widest = max(len(file.file_name) for file in found.files.values())
    lines = [
        _("{brand} configurations of {device}").format(brand=settings.BRAND_NAME, device=" ".join(device_name.split())),
        "",
        *(f"{file.file_name.ljust(widest)}  {label}" for label, file in found.files.items()),
        "",
        *textwrap.wrap(
            _(
                "Each file is one tunnel. We do not have your private key: in each file that you use, put it in place of"
                ' the line that starts with "# PrivateKey". Then import the file into the WireGuard app, or on Linux run'
                " wg-quick up with its path. Use one tunnel at a time."
            ),
            110,
        ),
    ]
    if found.left_out:
        lines += ["", _("Left out:"), *(f"{label}: {reason}" for label, reason in found.left_out.items())]
    return "\n".join(lines) + "\n"


def _zip(contents: dict[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, text in contents.items():
            entry = zipfile.ZipInfo(name, _TIMESTAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever this runs: the permissions below are read only then
            entry.external_attr = _OWNER_ONLY
            writer.writestr(entry, text)
    return archive.getvalue()
