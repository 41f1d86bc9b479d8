"""Every lock of this app. Order: customer → device → free address → server → peer; watch → `NodeStatus` → counters → meter → server → peer.

Peers are changed under their server's lock. A meter is locked without a customer or a server, in a transaction of its own.

Whoever takes two of them takes them in this order; several servers are locked in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.errors import AccountSuspended
from accounts.models import User
from nexusvpn.db import columns_of, planned_once, read_models
from nexusvpn.errors import NotFound
from vpn.models import Incident, IpAssignment, NodeStatus, QuotaMeter, Server, VpnConfig
from vpn.services.heard import heard

# Written out where it is run for each creation of a device: the ORM would write it anew each time, at several times its cost.
_CUSTOMER = f"SELECT {columns_of(User)} FROM accounts_user WHERE id = %s FOR NO KEY UPDATE"  # noqa: S608
_CLAIM = """
WITH next AS MATERIALIZED (
    SELECT id FROM vpn_freeaddress WHERE server_id = %s AND available_at <= statement_timestamp()
    ORDER BY available_at, host LIMIT 1 FOR UPDATE SKIP LOCKED
)
DELETE FROM vpn_freeaddress f USING next WHERE f.id = next.id RETURNING f.host
"""


def lock_customer(user_id: UUID, *, active: bool = False) -> User:
    """The person's account, locked: what they do with their devices is serialised. Raises NotFound when it is gone.

    With `active` raises AccountSuspended when it was suspended meanwhile.

    NO KEY: rows that refer to the person (a session, a ticket) may still be written meanwhile.
    """
    found = next(iter(read_models(User, _CUSTOMER, [user_id])), None)
    if found is None:
        raise NotFound
    if active and not found.is_active:
        raise AccountSuspended
    return found


def lock_customers_on(server_id: UUID) -> None:
    """Everybody who has a place on a server, locked in the order of their ids: nobody's admission is half done meanwhile."""
    placed = IpAssignment.objects.live().filter(server_id=server_id).values("user_id")
    list(User.objects.filter(pk__in=placed).order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


def lock_device(user_id: UUID, device_id: UUID) -> VpnConfig:
    """The person's live device, locked; anybody else's raises NotFound."""
    device: VpnConfig | None = (
        VpnConfig.objects.live().select_for_update(no_key=True).filter(pk=device_id, user_id=user_id).first()
    )
    if device is None:
        raise NotFound
    return device


def lock_meter(user_id: UUID) -> QuotaMeter | None:
    """The person's meter, locked: no report adds to it meanwhile. None for people without a limit."""
    return QuotaMeter.objects.select_for_update(no_key=True).filter(pk=user_id).first()


def lock_reports_of(user_id: UUID) -> None:
    """Wait for the reports under way of all nodes that may count the person's traffic, and let no other begin."""
    nodes = NodeStatus.objects.filter(server__peers__device__user_id=user_id)
    list(NodeStatus.objects.filter(pk__in=nodes.values("pk")).order_by("pk").select_for_update(no_key=True))


def lock_revoked_devices(device_ids: Iterable[UUID]) -> list[UUID]:
    """Those of the devices that are removed, locked in the order of their ids. Nobody else locks a removed device."""
    revoked = VpnConfig.objects.filter(pk__in=list(device_ids), revoked_at__isnull=False).order_by("pk")
    return list(revoked.select_for_update(no_key=True).values_list("pk", flat=True))


def lock_server(server_id: UUID) -> Server:
    """Server row, locked until commit; its revision and its next host number may then be changed."""
    return Server.objects.select_for_update(no_key=True).get(pk=server_id)


def lock_incident(incident_id: int) -> Incident:
    """Row of an incident, locked last; raises NotFound."""
    found = Incident.objects.select_for_update(no_key=True).filter(pk=incident_id).first()
    if found is None:
        raise NotFound
    return found


def lock_watch() -> None:
    """The watch over the fleet, until commit. A lock without a row: the first watch has none yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('vpn.watch'))")


def lock_alerts() -> None:
    """The opening and closing of alerts, until commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('vpn.alerts'))")


def lock_unheard_nodes(servers: QuerySet[Server]) -> list[NodeStatus]:
    """The nodes of these servers that are not heard, locked in the order of their ids: none of them reports meanwhile.

    One whose report was just being taken is waited for, and looked at again.
    """
    unheard = NodeStatus.objects.filter(~heard(), server__in=servers).order_by("pk")
    return list(unheard.select_for_update(no_key=True, of=("self",)))


def claim_free_host(server_id: UUID) -> int | None:
    """Take the host number that is free the longest; None when none is free that nobody else is just taking.

    SKIP LOCKED: simultaneous claims take different rows instead of waiting for each other.
    """
    with planned_once() as cursor:
        cursor.execute(_CLAIM, [server_id])
        row = cursor.fetchone()
    return None if row is None else int(row[0])
