"""Emptying a server without cutting anybody off: drain, move to other servers, decommission, bring back.

A customer's tunnel ends at one server, so moving a device means another place for it and a new configuration for its owner. The former
place serves on until the new one is in use, or until the drain's date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, InvalidInput, NotFound
from nexusvpn.one_by_one import one_by_one
from vpn.deferred import move_server_later
from vpn.emails import queue_drain_mail
from vpn.errors import LocationFull, LocationUnavailable
from vpn.locks import lock_customer, lock_customers_on, lock_server
from vpn.models import IpAssignment, NodeToken, Peer, Server
from vpn.services.addresses import release_address
from vpn.services.heard import is_heard
from vpn.services.placement import healthy_servers, place_again
from vpn.services.removals import note_removals
from vpn.services.wishes import wish_assignment

AT_ONCE = 1000
# Places without a successor, and those of whose successor, or new date, their customer does not know.
_TO_MOVE_OR_TELL = Q(superseded_at=None) | Q(told_at=None)


def drain_server(*, server_id: UUID, until: datetime | None = None, by: User | None = None) -> Server:
    """Give a server no new devices, find other places for those it has, and tell their customers; at `until` the rest is taken off.

    Raises Conflict (`server_state`), or InvalidInput for a time that is over.
    """
    if until is not None and until <= timezone.now():
        raise InvalidInput(fields={"until": [_("Choose a time that is still to come.")]})
    # The server's lock closes the race with its node's enrolment and with another member of staff.
    with transaction.atomic(durable=True):
        same = Server.objects.filter(pk=server_id, state=Server.State.DRAINING, drain_until=until)
        if not same.exists():
            _forget_who_was_told(server_id)
        server = lock_server(server_id)
        if server.state not in (Server.State.ONLINE, Server.State.OFFLINE, Server.State.DRAINING):
            raise Conflict(_("Only a server that is in service can be drained."), code="server_state")
        server.state, server.drain_until = Server.State.DRAINING, until
        server.save(update_fields=["state", "drain_until"])
        details = {"until": until.isoformat() if until else None}
        record_act("server_drained", actor=by, target=server, details=details)
        move_server_later(server_id)
    return server


def move_devices_now(*, server_id: UUID, by: User | None = None) -> None:
    """Look at once for other places for what is still on a draining server; its drain goes on as it is.

    Raises Conflict (`server_state`).
    """
    # The server's lock closes the race with a colleague who ends the drain, or dates it anew.
    with transaction.atomic(durable=True):
        server = lock_server(server_id)
        if server.state != Server.State.DRAINING:
            raise Conflict(_("This server is not draining."), code="server_state")
        until = server.drain_until
        record_act("server_drained", actor=by, target=server, details={"until": until.isoformat() if until else None})
        move_server_later(server_id)


def _forget_who_was_told(server_id: UUID) -> None:
    """What customers were told of a server holds no longer; they are told anew with the next drain, or its new date.

    Before the server is locked, and under the locks of its customers: whoever changes assignments holds their customer, and locks the
    server between one and the next.
    """
    lock_customers_on(server_id)
    IpAssignment.objects.live().filter(server_id=server_id, told_at__isnull=False).update(told_at=None)


def undrain_server(*, server_id: UUID, by: User | None = None) -> Server:
    """Let a draining server take devices again: at once if its node is heard, otherwise with its next report.

    Raises Conflict (`server_state`).
    """
    with transaction.atomic(durable=True):
        _forget_who_was_told(server_id)
        server = lock_server(server_id)
        if server.state != Server.State.DRAINING:
            raise Conflict(_("This server is not draining."), code="server_state")
        heard = is_heard(getattr(server, "status", None))
        server.state = Server.State.ONLINE if heard else Server.State.OFFLINE
        server.drain_until = None
        server.save(update_fields=["state", "drain_until"])
        record_act("server_undrained", actor=by, target=server)
    return server


@dataclass(frozen=True, slots=True)
class Staying:
    """Who is on a server without another place: what a drain is about. `told`: customers who would get a mail."""

    devices: int
    customers: int
    told: int
    # Servers of its location that could take them now.
    other_servers: int


def staying_on(server: Server) -> Staying:
    staying = IpAssignment.objects.live().filter(server=server, superseded_at=None)
    counts = staying.aggregate(
        devices=Count("pk"),
        customers=Count("user", distinct=True),
        told=Count("user", distinct=True, filter=Q(user__is_active=True)),
    )
    others = [other for other in healthy_servers(server.location_id) if other.pk != server.pk]
    return Staying(**counts, other_servers=len(others))


def draining_servers() -> list[UUID]:
    """Servers with something to do: devices without another place (one may have become free), or somebody who is to be told.

    Nobody who is suspended is told; who is reinstated later is told then.
    """
    to_do = Q(superseded_at=None) | Q(told_at=None, user__is_active=True)
    concerned = IpAssignment.objects.live().filter(to_do, server_id=OuterRef("pk"))
    return list(Server.objects.filter(Exists(concerned), state=Server.State.DRAINING).values_list("pk", flat=True))


def move_devices(*, server_id: UUID) -> int:
    """Place every device of a draining server on another one of its location, one customer at a time, and mail each once.

    Returns how many customers were told. Devices keep their present place meanwhile. May be repeated; does nothing once the drain is over.
    """
    concerned = IpAssignment.objects.live().filter(_TO_MOVE_OR_TELL, server_id=server_id)
    people = concerned.order_by("user_id").values_list("user_id", flat=True).distinct()
    return sum(one_by_one(lambda user_id: _move_customer(user_id, server_id), people))


def _move_customer(user_id: UUID, server_id: UUID) -> int:
    staying = (
        IpAssignment.objects.live().filter(user_id=user_id, server_id=server_id, superseded_at=None).order_by("id")
    )
    for assignment_id in list(staying.values_list("pk", flat=True)):
        _move(user_id, assignment_id)
    # The customer's lock lets one of two jobs tell.
    try:
        with transaction.atomic(durable=True):
            user = lock_customer(user_id)
            server = Server.objects.select_related("location").get(pk=server_id)
            if server.state != Server.State.DRAINING or not user.is_active:
                return 0
            rows = IpAssignment.objects.live().filter(user_id=user_id, server_id=server_id, told_at=None)
            untold = list(rows.select_related("device").order_by("id"))
            moved = [a for a in untold if a.superseded_at is not None]
            left = [a for a in untold if a.superseded_at is None]
            return int(any([_tell(user, server, moved, moved=True), _tell(user, server, left, moved=False)]))
    except NotFound:
        return 0


def _move(user_id: UUID, assignment_id: int) -> None:
    """A new place for one device, if another server of the location has one.

    One device a transaction: where it goes depends on loads that change, and a transaction takes servers in the order of their ids.
    """
    # The customer's lock closes the race with an admission and with a request for the same place.
    try:
        with transaction.atomic(durable=True):
            lock_customer(user_id)
            here = IpAssignment.objects.live().select_related("device", "server__location")
            assignment = here.filter(pk=assignment_id, superseded_at=None).first()
            if assignment is None or assignment.server.state != Server.State.DRAINING:
                return
            # Set aside first, since a device has one current place in a location; and to be told of, also who was told of none.
            assignment.superseded_at, assignment.told_at = timezone.now(), None
            assignment.save(update_fields=["superseded_at", "told_at"])
            wanted = not assignment.blocked and not assignment.device.blocked
            successor = place_again(assignment.device, assignment.server.location, wanted=wanted)
            if successor.blocked != assignment.blocked:
                # What the plan has lost here it has lost on every server of the location.
                successor.blocked = assignment.blocked
                successor.save(update_fields=["blocked"])
    except (LocationUnavailable, LocationFull, NotFound):
        return


def _tell(user: User, server: Server, assignments: list[IpAssignment], *, moved: bool) -> bool:
    """One mail for all of a customer's devices. Who could not be moved is told so once, and once more when a place is found."""
    if not assignments:
        return False
    IpAssignment.objects.filter(pk__in=[a.pk for a in assignments]).update(told_at=timezone.now())
    names = sorted(assignment.device.name for assignment in assignments)
    queue_drain_mail(user, server, names, server.drain_until, moved=moved)
    return True


def _left() -> QuerySet[IpAssignment]:
    """Places whose successor is in use."""
    successor_in_use = Exists(
        Peer.objects.filter(
            device_id=OuterRef("device_id"),
            assignment__location_id=OuterRef("location_id"),
            assignment__superseded_at=None,
            assignment__released_at=None,
            wanted=True,
            connection=Peer.Connection.ONLINE,
        )
    )
    return IpAssignment.objects.live().filter(successor_in_use, superseded_at__isnull=False)


def _out_of_time() -> QuerySet[IpAssignment]:
    """Everything on servers whose drain is over."""
    now = timezone.now()
    return IpAssignment.objects.live().filter(server__state=Server.State.DRAINING, server__drain_until__lte=now)


def release_left_places() -> int:
    """Give up places whose successor is in use, and everything on servers whose drain is over. Returns how many. May be repeated."""
    found = {row for rows in (_left(), _out_of_time()) for row in rows.values_list("pk", "user_id")[:AT_ONCE]}
    return sum(_release(pk, user_id) for pk, user_id in sorted(found))


def _release(pk: int, user_id: UUID) -> int:
    # The customer's lock closes the race with the device's removal, which releases the same address, and with a move back. Whether the
    # place is still to be given up is asked again: thousands may have been released since, and the drain called off.
    with transaction.atomic(durable=True):
        try:
            lock_customer(user_id)
        except NotFound:
            return 0
        due = _left().filter(pk=pk).exists() or _out_of_time().filter(pk=pk).exists()
        assignment = IpAssignment.objects.live().select_related("device").filter(pk=pk).first()
        if assignment is None or not due:
            return 0
        release_address(assignment)
        wish_assignment(assignment, assignment.device.public_key, wanted=False)
    return 1


def decommission_server(*, server_id: UUID, by: User | None = None) -> Server:
    """Take a server out of service for good: it holds nobody any more, and its node's credential ends. Raises Conflict.

    `server_in_use` while devices are placed on it. Whatever its node has not confirmed is settled by this: staff say that the machine is
    wiped or off.
    """
    with transaction.atomic(durable=True):
        server = lock_server(server_id)
        if server.state not in (Server.State.DRAINING, Server.State.OFFLINE, Server.State.ENROLLING):
            raise Conflict(_("Drain the server first."), code="server_state")
        if IpAssignment.objects.live().filter(server=server).exists():
            raise Conflict(_("Devices are still placed on this server. Drain it first."), code="server_in_use")
        server.state, server.drain_until = Server.State.DECOMMISSIONED, None
        server.public_key, server.epoch = None, uuid4()
        server.save(update_fields=["state", "drain_until", "public_key", "epoch"])
        NodeToken.objects.filter(server=server, revoked_at=None).update(revoked_at=timezone.now())
        gone = Peer.objects.filter(server=server)
        devices = set(gone.values_list("device_id", flat=True))
        gone.delete()
        note_removals(devices)
        record_act("server_decommissioned", actor=by, target=server)
    return server


def recommission_server(*, server_id: UUID, by: User | None = None) -> Server:
    """Bring a decommissioned server back: its node enrols anew, with any key. Raises Conflict (`server_state`)."""
    with transaction.atomic(durable=True):
        server = lock_server(server_id)
        if server.state != Server.State.DECOMMISSIONED:
            raise Conflict(_("This server is not decommissioned."), code="server_state")
        server.state = Server.State.ENROLLING
        server.save(update_fields=["state"])
        record_act("server_recommissioned", actor=by, target=server)
    return server
