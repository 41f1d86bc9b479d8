"""The emergency stop: every peer of a server, a location or the fleet off at once, shown by acknowledgements, undone the same way.

The stop itself is a row that stays: who, when, why. Each server under it is handled in a transaction of its own, so that a large fleet
is not one long transaction; what an interrupted run left out is done by the next (`enforce_stops`), since the row says what is to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, InvalidInput
from vpn.locks import lock_customers_on, lock_server
from vpn.models import EmergencyStop, Location, Peer, Server
from vpn.services.wishes import wish_everybody, wish_nobody


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stop has got on one server.

    `is_ordered`: it was ordered to let everybody go, or, once the stop is over, to take them back. `unconfirmed`: peers of which its node
    has not yet confirmed that; without the order it says nothing. `is_done`: it was ordered, and has confirmed all of it.
    """

    server: Server
    unconfirmed: int
    is_ordered: bool
    is_done: bool


def start_stop(
    *, by: User, reason: str, server: Server | None = None, location: Location | None = None
) -> EmergencyStop:
    """Take every peer off a server, a location or (neither given) the whole fleet.

    Raises InvalidInput without a reason, Conflict (`already_stopped`) where such a stop holds.
    """
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say why; whoever looks at this later wants to know.")]})
    scope = EmergencyStop.Scope.FLEET
    if server is not None:
        scope = EmergencyStop.Scope.SERVER
    elif location is not None:
        scope = EmergencyStop.Scope.LOCATION
    try:
        with transaction.atomic(durable=True):
            stop = EmergencyStop.objects.create(
                scope=scope, server=server, location=location, reason=reason.strip(), started_by=by
            )
            record_act("emergency_stop_started", actor=by, target=stop, details={"scope": str(scope)})
    except IntegrityError:
        raise Conflict(_("This is stopped already."), code="already_stopped") from None
    enforce_stops()
    return stop


def end_stop(*, stop_id: int, by: User) -> EmergencyStop:
    """Give every admitted device its place back, but on servers that another stop covers. Raises Conflict (`already_ended`)."""
    # Claimed by the conditional update: of two members of staff one ends it.
    with transaction.atomic(durable=True):
        ended = EmergencyStop.objects.filter(pk=stop_id, ended_at=None).update(ended_at=timezone.now(), ended_by=by)
        if not ended:
            raise Conflict(_("This stop is over already."), code="already_ended")
        record_act("emergency_stop_ended", actor=by, target=EmergencyStop.objects.get(pk=stop_id))
    enforce_stops()
    return EmergencyStop.objects.get(pk=stop_id)


def enforce_stops() -> int:
    """Make every server what the stops that hold say; returns how many changed. May be repeated, and run at the same time."""
    covered = _covered_servers()
    to_stop = covered.filter(stopped_at=None)
    to_resume = Server.objects.filter(stopped_at__isnull=False).exclude(pk__in=covered.values("pk"))
    changed = 0
    for server_id in list(to_stop.order_by("pk").values_list("pk", flat=True)):
        changed += _enforce(server_id, resuming=False)
    for server_id in list(to_resume.order_by("pk").values_list("pk", flat=True)):
        changed += _enforce(server_id, resuming=True)
    return changed


def put_under_stops(server: Server) -> None:
    """Stop a server from its first moment where a stop holds. In the transaction that adds it, moves it or enrols its node."""
    if server.stopped_at is None and _covered_servers().filter(pk=server.pk).exists():
        server.stopped_at = timezone.now()
        server.save(update_fields=["stopped_at"])
        wish_nobody(server.pk)


def _enforce(server_id: UUID, *, resuming: bool) -> int:
    # The server's lock closes the race with every wish: each is written before the stop, and undone by it, or after, and finds it.
    with transaction.atomic(durable=True):
        if resuming:
            # Who is being refused just now has no wish to take back: the lock lets that be decided first.
            lock_customers_on(server_id)
        server = lock_server(server_id)
        stopped = _covered_servers().filter(pk=server_id).exists()
        if stopped == resuming or stopped == (server.stopped_at is not None):
            return 0
        server.stopped_at = timezone.now() if stopped else None
        server.save(update_fields=["stopped_at"])
        if stopped:
            wish_nobody(server_id)
        else:
            wish_everybody(server_id)
    return 1


def _covered_servers() -> QuerySet[Server]:
    holding = EmergencyStop.objects.filter(ended_at=None)
    if holding.filter(scope=EmergencyStop.Scope.FLEET).exists():
        return Server.objects.all()
    by_name = Server.objects.filter(pk__in=holding.values("server"))
    return by_name | Server.objects.filter(location__in=holding.values("location"))


def open_stops(*, server: Server | None = None, location: Location | None = None) -> QuerySet[EmergencyStop]:
    """The stops that hold, the newest first: those over a server, those over a location, or all."""
    found = EmergencyStop.objects.filter(ended_at=None)
    fleet = Q(scope=EmergencyStop.Scope.FLEET)
    if server is not None:
        return found.filter(fleet | Q(server=server) | Q(location=server.location_id))
    return found if location is None else found.filter(fleet | Q(location=location))


def progress_of(stop: EmergencyStop) -> list[Progress]:
    """Each server under a stop with what is still to be confirmed; those that are not done come first. Two queries."""
    servers = Server.objects.select_related("location", "status")
    if stop.server_id is not None:
        servers = servers.filter(pk=stop.server_id)
    elif stop.location_id is not None:
        servers = servers.filter(location=stop.location_id)
    holds = stop.ended_at is None
    waiting = _unconfirmed(servers, wanted=not holds)
    shown = []
    for server in servers.order_by("name"):
        is_ordered, unconfirmed = (server.stopped_at is not None) == holds, waiting.get(server.pk, 0)
        shown.append(Progress(server, unconfirmed, is_ordered, is_ordered and not unconfirmed))
    return sorted(shown, key=lambda row: (row.is_done, -row.unconfirmed))


def _unconfirmed(servers: QuerySet[Server], *, wanted: bool) -> dict[UUID, int]:
    """How many wishes to be there, or to be gone, each node has yet to confirm. Confirmed removals are forgotten."""
    peers = Peer.objects.filter(server__in=servers.order_by().values("pk"), wanted=wanted)
    if wanted:
        peers = peers.exclude(
            server__status__applied_epoch=F("server__epoch"), server__status__applied_revision__gte=F("revision")
        )
    return dict(peers.order_by().values_list("server_id").annotate(n=Count("pk")))
