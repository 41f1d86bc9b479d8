"""Giving out and taking back addresses, in constant time whatever the size of the network.

A server's never-used host numbers begin at `Server.next_host`; blocks of them are put into `FreeAddress` when it runs dry.
Released numbers go there too, available after the quarantine.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from nexusvpn.db import columns_of, read_models
from vpn.locks import claim_free_host, lock_server
from vpn.models import FreeAddress, IpAssignment, Server, VpnConfig
from vpn.services.preshared import new_preshared_key

BLOCK = 256
# Host number 1 is the server's own.
FIRST_HOST = 2
# Free for ever: given out before anything that somebody had.
NEVER_USED = datetime(1970, 1, 1, tzinfo=UTC)


# Written out, since every creation of a device runs it: the ORM would write it anew each time, at several times its cost.
_ASSIGN = f"""
INSERT INTO vpn_ipassignment (device_id, user_id, server_id, location_id, host, ipv4, ipv6, preshared_key, blocked, created_at)
SELECT %(device)s, %(user)s, id, location_id, %(host)s, host(network_v4 + %(host)s)::inet, host(network_v6 + %(host)s)::inet,
       %(preshared)s, '', statement_timestamp()
FROM vpn_server WHERE id = %(server)s
RETURNING {columns_of(IpAssignment)}
"""  # noqa: S608  (the model's own columns)


def assign_address(*, device: VpnConfig, server_id: UUID) -> IpAssignment | None:
    """An IPv4 and IPv6 address of a server for `device`; None when the pool is full. Call inside a transaction."""
    host = claim_free_host(server_id)
    if host is None:
        host = _claim_after_filling_up(server_id)
    if host is None:
        return None
    values = {
        "device": device.pk,
        "user": device.user_id,
        "server": server_id,
        "host": host,
        "preshared": new_preshared_key(device.pk, server_id),
    }
    return read_models(IpAssignment, _ASSIGN, values)[0]


def _claim_after_filling_up(server_id: UUID) -> int | None:
    """Offer more numbers under the server's lock and take one of them; None when there are no more.

    A server without never-used numbers is not locked at all, and one that is locked in vain is let go with its savepoint: whoever tries
    several servers never holds two of these locks.
    """
    server = Server.objects.only("next_host", "network_v4").get(pk=server_id)
    if server.next_host >= _end(server):
        return None
    try:
        with transaction.atomic():
            # One process fills up while the others wait, and then find what it put there.
            locked = lock_server(server_id)
            host = claim_free_host(server_id)
            if host is None and _add_block(locked):
                host = claim_free_host(server_id)
            if host is None:
                raise _NothingLeft
            return host
    except _NothingLeft:
        return None


class _NothingLeft(Exception):
    """Leaves the savepoint."""


def _end(server: Server) -> int:
    """One past the highest host number: network and broadcast address are nobody's."""
    return int(server.network_v4.num_addresses) - 1


def _add_block(server: Server) -> bool:
    """Offer the next block of never-used numbers; False when the network is used up."""
    first = server.next_host
    end = min(first + BLOCK, _end(server))
    if first >= end:
        return False
    FreeAddress.objects.bulk_create(
        FreeAddress(server=server, host=host, available_at=NEVER_USED) for host in range(first, end)
    )
    Server.objects.filter(pk=server.pk).update(next_host=end)
    return True


def release_address(assignment: IpAssignment) -> None:
    """Give an address back; it may be given out again after the quarantine. Call inside a transaction."""
    now = timezone.now()
    IpAssignment.objects.filter(pk=assignment.pk).update(released_at=now)
    FreeAddress.objects.create(
        server_id=assignment.server_id,
        host=assignment.host,
        available_at=now + timedelta(seconds=settings.ADDRESS_QUARANTINE_S),
    )


def address_count(server: Server) -> int:
    """How many addresses a server has for customers: all of its IPv4 network but the network's, its own and the broadcast one."""
    return _end(server) - FIRST_HOST


def addresses_left(servers: Sequence[Server]) -> dict[UUID, int]:
    """How many addresses of each of these servers could be given out now. One query."""
    free = FreeAddress.objects.filter(server__in=servers, available_at__lte=timezone.now()).order_by()
    counts = dict(free.values_list("server").annotate(Count("pk")))
    return {server.pk: max(0, _end(server) - server.next_host) + counts.get(server.pk, 0) for server in servers}
