"""A small fleet, and everything that customers, staff, jobs and nodes do to it, each act chosen by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from threading import Lock
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from accounts.services.suspension import suspend_account, unsuspend_account
from billing.models import Plan, PlanGrant
from billing.services.grants import grant_plan, revoke_grant
from nexusvpn.errors import NotFound
from tests.factories.accounts import make_user
from tests.factories.vpn import make_location, make_server, new_key
from tests.vpn.acting import report
from vpn.models import EmergencyStop, Location, Peer, Server, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.device_life import end_handovers, resume_device, rotate_key, set_expiry, suspend_device
from vpn.services.devices import add_device, remove_device
from vpn.services.emptying import drain_server, move_devices, release_left_places, undrain_server
from vpn.services.places import place_for
from vpn.services.stops import end_stop, enforce_stops, start_stop

LOCATIONS = ("ams", "ber", "cdg")
SERVERS_EACH = 2
STAFF = VpnConfig.SuspendedBy.STAFF


@dataclass
class Fleet:
    """Three customers with different plans, three locations, one of them premium; pools of 13 addresses."""

    people: list[User]
    staff: User
    locations: list[Location]
    servers: list[UUID]
    # What each node has counted, by server and key: its epoch, and the bytes both ways.
    counted: dict[tuple[UUID, str], list[int]] = field(default_factory=dict)
    counting: Lock = field(default_factory=Lock)

    def device(self, chance: Random) -> VpnConfig:
        """Any live device. Raises NotFound when there is none."""
        devices = list(VpnConfig.objects.live().filter(user__in=self.people).order_by("created_at", "id"))
        if not devices:
            raise NotFound
        return chance.choice(devices)


def make_fleet(name: str) -> Fleet:
    locations = [make_location(f"{slug}-{name}", premium=slug == "cdg") for slug in LOCATIONS]
    servers = [
        make_server(location, network_v4="10.80.0.0/28", network_v6="fd80::/64").pk
        for location in locations
        for _ in range(SERVERS_EACH)
    ]
    people = [make_user(f"{who}-{name}@example.com") for who in ("alice", "bob", "charlie")]
    staff = make_user(f"sam-{name}@example.com", is_staff=True, is_superuser=True)
    for user, plan in zip(people, ("pro", "basic"), strict=False):
        grant_plan(user=user, plan=Plan.objects.get(code=plan), reason="test", granted_by=staff)
    return Fleet(people, staff, locations, servers)


def _create(fleet: Fleet, chance: Random) -> None:
    slug = chance.choice(fleet.locations).slug
    name = f"Device {chance.randrange(8)}"
    add_device(user=chance.choice(fleet.people), name=name, location_slug=slug, public_key=new_key())


def _place(fleet: Fleet, chance: Random) -> None:
    device = fleet.device(chance)
    place_for(user=device.user, device_id=device.pk, location_slug=chance.choice(fleet.locations).slug)


def _remove(fleet: Fleet, chance: Random) -> None:
    device = fleet.device(chance)
    remove_device(user=device.user, device_id=device.pk)


def _rotate(fleet: Fleet, chance: Random) -> None:
    device = fleet.device(chance)
    rotate_key(user=device.user, device_id=device.pk, public_key=new_key())


def _end_rotation(fleet: Fleet, chance: Random) -> None:
    end_handovers(device_id=fleet.device(chance).pk)


def _suspend(fleet: Fleet, chance: Random) -> None:
    device = fleet.device(chance)
    act = suspend_device if chance.random() < 0.5 else resume_device
    act(user=device.user, device_id=device.pk, by=STAFF)


def _expire(fleet: Fleet, chance: Random) -> None:
    device = fleet.device(chance)
    ends = chance.choice((None, timezone.now() + timedelta(seconds=0.05)))
    set_expiry(user=device.user, device_id=device.pk, expires_at=ends)


def _settle(fleet: Fleet, chance: Random) -> None:
    settle_customer(chance.choice(fleet.people).pk)


def _change_plan(fleet: Fleet, chance: Random) -> None:
    """A grant given or ended, and the job that follows."""
    user = chance.choice(fleet.people)
    held = PlanGrant.objects.filter(user=user, revoked_at=None).first()
    try:
        if held is None:
            plan = Plan.objects.get(code=chance.choice(("basic", "pro")))
            grant_plan(user=user, plan=plan, reason="test", granted_by=fleet.staff)
        else:
            revoke_grant(held)
    finally:
        settle_customer(user.pk)


def _suspend_account(fleet: Fleet, chance: Random) -> None:
    user = chance.choice(fleet.people)
    suspend_account(user=user, by=fleet.staff)
    unsuspend_account(user=user, by=fleet.staff)


def _drain(fleet: Fleet, chance: Random) -> None:
    server_id = chance.choice(fleet.servers)
    until = chance.choice((None, timezone.now() + timedelta(seconds=0.1)))
    drain_server(server_id=server_id, until=until)
    move_devices(server_id=server_id)


def _undrain(fleet: Fleet, chance: Random) -> None:
    undrain_server(server_id=chance.choice(fleet.servers))


def _empty(fleet: Fleet, chance: Random) -> None:
    move_devices(server_id=chance.choice(fleet.servers))
    release_left_places()


def _stop(fleet: Fleet, chance: Random) -> None:
    held = list(EmergencyStop.objects.filter(ended_at=None))
    if held and chance.random() < 0.6:
        end_stop(stop_id=chance.choice(held).pk, by=fleet.staff)
    elif chance.random() < 0.5:
        start_stop(by=fleet.staff, reason="test", server=Server.objects.get(pk=chance.choice(fleet.servers)))
    else:
        start_stop(by=fleet.staff, reason="test", location=chance.choice(fleet.locations))
    enforce_stops()


def _report(fleet: Fleet, chance: Random) -> None:
    """A node says what it has applied, up to some revision, and what it has counted of everybody that it may hold."""
    server = Server.objects.select_related("status").get(pk=chance.choice(fleet.servers))
    keys = list(Peer.objects.filter(server=server, revision__lte=server.revision).values_list("public_key", flat=True))
    chance.shuffle(keys)
    rows: list[list[object]] = []
    with fleet.counting:
        for key in keys:
            counted = fleet.counted.setdefault((server.pk, key), [chance.getrandbits(62) + 1, 0])
            counted[1] += chance.randrange(1000)
            rows.append([key, counted[1], counted[1], counted[0], chance.choice(("online", "idle"))])
    applied = chance.randint(server.status.applied_revision, max(server.status.applied_revision, server.revision))
    report(Server.objects.get(pk=server.pk), rows, applied_rev=applied)


ACTS: dict[Callable[[Fleet, Random], None], int] = {
    _create: 12,
    _place: 12,
    _remove: 6,
    _rotate: 6,
    _end_rotation: 3,
    _suspend: 6,
    _expire: 3,
    _settle: 6,
    _change_plan: 5,
    _suspend_account: 3,
    _drain: 5,
    _undrain: 5,
    _empty: 4,
    _stop: 6,
    _report: 18,
}


def act_by_chance(fleet: Fleet, chance: Random) -> str:
    """Do something to the fleet; returns what. Raises what it raises, with what it was as a note."""
    act = chance.choices(list(ACTS), list(ACTS.values()))[0]
    try:
        act(fleet, chance)
    except BaseException as error:
        error.add_note(act.__name__)
        raise
    return act.__name__
