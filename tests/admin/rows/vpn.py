"""Rows of places, servers, devices and what was measured of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django.utils import timezone

from tests.admin.rows.accounts import new_user
from tests.factories.vpn import make_location, make_server, new_key
from vpn.models import (
    Alert,
    EmergencyStop,
    FavouriteLocation,
    FreeAddress,
    Incident,
    IncidentUpdate,
    IpAssignment,
    Location,
    LocationCost,
    NodeHour,
    NodeNote,
    NodeStatus,
    NodeToken,
    NodeTotal,
    Outage,
    Peer,
    QuotaMeter,
    Server,
    UsageCounter,
    UsageMonth,
    UsageRecord,
    VpnConfig,
    Watch,
)
from vpn.services.addresses import assign_address
from vpn.services.nodes import issue_enrolment_token
from vpn.services.wishes import wish_peer


def new_server() -> Server:
    return make_server(make_location(f"place-{uuid4().hex[:10]}"))


def new_device() -> VpnConfig:
    """A device with its address and its peer on a server of its own."""
    server = new_server()
    device = VpnConfig.objects.create(user=new_user(), location=server.location, name="Laptop", public_key=new_key())
    assignment = assign_address(device=device, server_id=server.pk)
    assert assignment is not None
    wish_peer(assignment=assignment, public_key=device.public_key, wanted=True)
    return device


def new_counter() -> UsageCounter:
    device = new_device()
    return UsageCounter.objects.create(server=device.peers.get().server, device=device, epoch=1, rx=1, tx=1)


def new_record() -> UsageRecord:
    device = new_device()
    return UsageRecord.objects.create(user=device.user, device=device, record_date=timezone.now().date())


def new_meter() -> QuotaMeter:
    today = timezone.now()
    values = {"period_start": today.date(), "resets_at": today + timedelta(days=30), "quota_bytes": 10**10}
    return QuotaMeter.objects.create(user=new_user(), **values)


def new_incident() -> Incident:
    return Incident.objects.create(title="A cable was cut", impact=Incident.Impact.DOWN)


def new_token() -> NodeToken:
    server = new_server()
    issue_enrolment_token(server)
    return server.tokens.get()


MAKERS: dict[type[Model], Callable[[], Any]] = {
    Location: lambda: make_location(f"place-{uuid4().hex[:10]}"),
    LocationCost: lambda: LocationCost.objects.create(
        location=make_location(f"place-{uuid4().hex[:10]}"), month=date(2026, 10, 1), currency="USD", amount_minor=4999
    ),
    FavouriteLocation: lambda: FavouriteLocation.objects.create(
        user=new_user(), location=make_location(f"place-{uuid4().hex[:10]}")
    ),
    Server: new_server,
    NodeStatus: lambda: new_server().status,
    NodeNote: lambda: NodeNote.objects.create(server=new_server(), code="foreign_peer_removed"),
    NodeToken: new_token,
    VpnConfig: new_device,
    IpAssignment: lambda: new_device().assignments.get(),
    FreeAddress: lambda: FreeAddress.objects.filter(server=new_device().peers.get().server).first(),
    Peer: lambda: new_device().peers.get(),
    UsageCounter: new_counter,
    UsageRecord: new_record,
    UsageMonth: lambda: UsageMonth.objects.create(user=new_user(), month=timezone.now().date().replace(day=1)),
    QuotaMeter: new_meter,
    NodeTotal: lambda: NodeTotal.objects.create(server=new_server(), interface_epoch="boot:1", rx=1, tx=1),
    NodeHour: lambda: NodeHour.objects.create(server=new_server(), hour=timezone.now()),
    Outage: lambda: Outage.objects.create(server=new_server(), started_at=timezone.now()),
    Watch: lambda: Watch.objects.create(watched_from=timezone.now(), watched_until=timezone.now()),
    Alert: lambda: Alert.objects.create(server=new_server(), kind=Alert.Kind.SILENT),
    Incident: new_incident,
    IncidentUpdate: lambda: IncidentUpdate.objects.create(incident=new_incident(), text="We are looking at it."),
    EmergencyStop: lambda: EmergencyStop.objects.create(scope="server", server=new_server(), reason="A leak"),
}
