"""What the fleet holds about people: in words, for their export, and the secrets in it."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from nexusvpn.encrypted_columns import register_encrypted
from nexusvpn.languages import lazy as _
from vpn.models import IpAssignment
from vpn.services.preshared import preshared_place

WITH_DEVICE = _("Until the device is erased with your account.")
_DEVICE = ("id", "name", "public_key", "created_at", "expires_at", "suspended_by", "blocked", "kept_at", "revoked_at")
_ADDRESS = ("device_id", "ipv4", "ipv6", "created_at", "superseded_at", "released_at")


def _devices(user: User) -> list[dict[str, Any]]:
    location, proof = F("location__name"), "removal_confirmed_at"
    return rows_of(user.devices.order_by("created_at", "pk"), *_DEVICE, proof, in_location=location)


def _addresses(user: User) -> list[dict[str, Any]]:
    held = IpAssignment.objects.filter(user=user).order_by("created_at", "pk")
    return rows_of(held, *_ADDRESS, server_name=F("server__name"), in_name=F("location__name"))


def _usage(user: User) -> dict[str, Any]:
    meter = getattr(user, "quota_meter", None)
    period = None
    if meter is not None:
        names = ("period_start", "resets_at", "quota_bytes", "used_bytes")
        period = {name: getattr(meter, name) for name in names}
    days = user.usage_records.order_by("record_date", "pk")
    return {
        "period": period,
        "days": rows_of(days, "record_date", "device_id", "bytes_up", "bytes_down"),
        "months": rows_of(user.usage_months.order_by("month"), "month", "bytes_up", "bytes_down"),
    }


def _favourites(user: User) -> list[dict[str, Any]]:
    chosen = user.favourite_locations.order_by("created_at", "pk")
    return rows_of(chosen, "created_at", name=F("location__name"))


def register() -> None:
    register_encrypted(IpAssignment, "preshared_key", ("device_id", "server_id"), preshared_place)
    register_section("devices", _("Your devices, removed ones too. We never had their private keys."), _devices)
    register_section("addresses", _("Addresses that your devices have or had inside the VPN."), _addresses)
    register_section(
        "usage",
        _("Bytes that went through your tunnels: a sum for each day. Where they went is stored nowhere."),
        _usage,
    )
    register_section("favourites", _("Locations that you want at the top of your list."), _favourites)
    _register_devices()
    _register_usage()
    _register_fleet()


def _register_devices() -> None:
    register_stored(
        StoredKind(
            "vpn.VpnConfig",
            _("Your devices: name, public key, location, when they were added and removed."),
            _("To give them tunnels, and to prove that a removed one is gone."),
            WITH_DEVICE,
            section="devices",
        ),
        StoredKind(
            "vpn.IpAssignment",
            _("The addresses of your devices inside the VPN, and a preshared key for each, encrypted."),
            _("To send your traffic to you."),
            WITH_DEVICE,
            section="addresses",
        ),
        StoredKind(
            "vpn.Peer",
            _("Which server has which of your public keys, and whether it is connected now. Never from which address."),
            _("To tell our servers whom to let in."),
            _("Until the server has confirmed that the key is gone."),
            not_exported=_("It is how servers are told what the sections “devices” and “addresses” say."),
        ),
        StoredKind(
            "vpn.FavouriteLocation",
            _("The locations that you marked as favourites, and when."),
            _("To show them first."),
            _("Until you unmark them, or your account is erased."),
            section="favourites",
        ),
    )


def _register_usage() -> None:
    register_stored(
        StoredKind(
            "vpn.UsageRecord",
            _("Bytes of each device on each day, up and down. Not when, and not where to."),
            _("To show them to you and to keep to your plan."),
            _("{USAGE_DAYS_KEPT_MONTHS} months."),
            section="usage",
        ),
        StoredKind(
            "vpn.UsageMonth",
            _("Bytes of each month, once the days are forgotten."),
            _("To show them to you."),
            _("{USAGE_MONTHS_KEPT_YEARS} years."),
            section="usage",
        ),
        StoredKind(
            "vpn.UsageCounter",
            _("Counters of our servers for each device, which the days are added up from."),
            _("So that nothing is counted twice."),
            _("{USAGE_REGISTERS_KEPT_DAYS} days after the device is gone."),
            not_exported=_("The days in the section “usage” are their sum."),
        ),
        StoredKind(
            "vpn.QuotaMeter",
            _("How much of your plan's data is used."),
            _("To warn you."),
            _("While your plan has a limit."),
            section="usage",
        ),
    )


def _register_fleet() -> None:
    fleet = {
        "Location": _("Places where we have servers."),
        "LocationCost": _("What a location costs us in a month."),
        "Server": _("Our servers."),
        "FreeAddress": _("Addresses that nobody has."),
        "NodeStatus": _("How each server is: load, number of tunnels, when it was heard."),
        "NodeToken": _("Hashes of what our servers sign in with."),
        "NodeNote": _("What our servers noted about themselves."),
        "NodeTotal": _("Bytes that a server carried, of everybody together."),
        "NodeHour": _("Bytes that a server carried in an hour, of everybody together."),
        "Outage": _("When a server was not heard."),
        "Watch": _("When we looked after our servers."),
        "Alert": _("What was wrong with a server."),
        "Incident": _("Incidents on the status page."),
        "IncidentUpdate": _("What the status page says of an incident, message by message."),
        "EmergencyStop": _("When a server was stopped, and by which of our staff."),
    }
    kept = {"NodeHour": _("{NODE_HOURS_KEPT_DAYS} days."), "NodeTotal": _("{USAGE_REGISTERS_KEPT_DAYS} days.")}
    register_stored(
        *(
            StoredKind(
                f"vpn.{name}",
                what,
                _("To run the service."),
                kept.get(name, _("As long as it is of use.")),
                about_people=False,
            )
            for name, what in fleet.items()
        )
    )
