"""What the fleet holds about people: in words, for their export, and the secrets in it."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from nexusvpn.encrypted_columns import register_encrypted
from vpn.models import IpAssignment
from vpn.services.preshared import preshared_place

WITH_DEVICE = "Until the device is erased with your account."
_DEVICE = ("id", "name", "public_key", "created_at", "expires_at", "suspended_by", "blocked", "kept_at", "revoked_at")
_ADDRESS = ("device_id", "ipv4", "ipv6", "created_at", "superseded_at", "released_at")


def _devices(user: User) -> list[dict[str, Any]]:
    location, proof = F("location__name"), "removal_confirmed_at"
    return rows_of(user.devices.order_by("created_at", "pk"), *_DEVICE, proof, in_location=location)


def _addresses(user: User) -> list[dict[str, Any]]:
    held = IpAssignment.objects.filter(user=user).order_by("created_at", "pk")
    return rows_of(held, *_ADDRESS, server_name=F("server__name"), in_location=F("location__name"))


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


def register() -> None:
    register_encrypted(IpAssignment, "preshared_key", ("device_id", "server_id"), preshared_place)
    register_section("devices", "Your devices, removed ones too. We never had their private keys.", _devices)
    register_section("addresses", "Addresses that your devices have or had inside the VPN.", _addresses)
    register_section(
        "usage", "Bytes that went through your tunnels: a sum for each day. Where they went is stored nowhere.", _usage
    )
    _register_people()
    _register_fleet()


def _register_people() -> None:
    register_stored(
        StoredKind(
            "vpn.VpnConfig",
            "Your devices: name, public key, location, when they were added and removed.",
            "To give them tunnels, and to prove that a removed one is gone.",
            WITH_DEVICE,
            section="devices",
        ),
        StoredKind(
            "vpn.IpAssignment",
            "The addresses of your devices inside the VPN, and a preshared key for each, encrypted.",
            "To send your traffic to you.",
            WITH_DEVICE,
            section="addresses",
        ),
        StoredKind(
            "vpn.Peer",
            "Which server has which of your public keys, and whether it is connected now. Never from which address.",
            "To tell our servers whom to let in.",
            "Until the server has confirmed that the key is gone.",
            not_exported="It is how servers are told what the sections “devices” and “addresses” say.",
        ),
        StoredKind(
            "vpn.UsageRecord",
            "Bytes of each device on each day, up and down. Not when, and not where to.",
            "To show them to you and to keep to your plan.",
            "{USAGE_DAYS_KEPT_MONTHS} months.",
            section="usage",
        ),
        StoredKind(
            "vpn.UsageMonth",
            "Bytes of each month, once the days are forgotten.",
            "To show them to you.",
            "{USAGE_MONTHS_KEPT_YEARS} years.",
            section="usage",
        ),
        StoredKind(
            "vpn.UsageCounter",
            "Counters of our servers for each device, which the days are added up from.",
            "So that nothing is counted twice.",
            "{USAGE_REGISTERS_KEPT_DAYS} days after the device is gone.",
            not_exported="The days in the section “usage” are their sum.",
        ),
        StoredKind(
            "vpn.QuotaMeter",
            "How much of your plan's data is used.",
            "To warn you.",
            "While your plan has a limit.",
            section="usage",
        ),
    )


def _register_fleet() -> None:
    fleet = {
        "Location": "Places where we have servers.",
        "Server": "Our servers.",
        "FreeAddress": "Addresses that nobody has.",
        "NodeStatus": "How each server is: load, number of tunnels, when it was heard.",
        "NodeToken": "Hashes of what our servers sign in with.",
        "NodeNote": "What our servers noted about themselves.",
        "NodeTotal": "Bytes that a server carried, of everybody together.",
        "NodeHour": "Bytes that a server carried in an hour, of everybody together.",
        "Outage": "When a server was not heard.",
        "Watch": "When we looked after our servers.",
        "Alert": "What was wrong with a server.",
        "Incident": "What the status page says.",
        "IncidentUpdate": "What the status page says of it.",
        "EmergencyStop": "When a server was stopped, and by which of our staff.",
    }
    kept = {"NodeHour": "{NODE_HOURS_KEPT_DAYS} days.", "NodeTotal": "{USAGE_REGISTERS_KEPT_DAYS} days."}
    register_stored(
        *(
            StoredKind(
                f"vpn.{name}",
                what,
                "To run the service.",
                kept.get(name, "As long as it is of use."),
                about_people=False,
            )
            for name, what in fleet.items()
        )
    )
