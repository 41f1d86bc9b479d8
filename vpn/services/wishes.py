"""Writing down what a server's interface should hold. Nodes read it in `desired_state`.

Each wish takes the server's next revision in the same statement that writes it. That locks the server's row until the
transaction ends, so the revisions of one server are gap-free and become visible in their order; it is therefore the last
thing a transaction does. A server under an emergency stop gets no wish fulfilled: the same statement sees to it.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction

from nexusvpn.db import planned_once
from vpn.errors import LocationUnavailable
from vpn.models import IpAssignment, Peer
from vpn.services.wake import wake_server

_WISH = """
WITH bumped AS (
    UPDATE vpn_server SET revision = revision + 1
    -- Whoever chose the server read it before; what it is now is read here, under its lock.
    WHERE id = %(server)s AND NOT (%(wanted)s AND state = 'decommissioned')
    RETURNING revision, stopped_at
)
INSERT INTO vpn_peer (server_id, device_id, assignment_id, public_key, wanted, revision, connection, takes_over, changed_at)
SELECT %(server)s, %(device)s, %(assignment)s, %(key)s, %(wanted)s AND bumped.stopped_at IS NULL, bumped.revision, 'never',
       CASE WHEN bumped.stopped_at IS NULL THEN %(takes_over)s::text END, now()
FROM bumped
ON CONFLICT (server_id, public_key) DO UPDATE SET
    device_id = excluded.device_id, assignment_id = excluded.assignment_id, wanted = excluded.wanted,
    -- What a former machine was left with is not for the present one to confirm.
    revision = CASE WHEN vpn_peer.revision < 0 AND NOT excluded.wanted THEN vpn_peer.revision ELSE excluded.revision END,
    takes_over = excluded.takes_over, changed_at = excluded.changed_at,
    connection = CASE WHEN vpn_peer.device_id = excluded.device_id THEN vpn_peer.connection ELSE 'never' END
RETURNING revision
"""

# All wishes of a server at once, one revision each. The server is locked by the caller.
_NONE_WANTED = """
WITH gone AS (
    SELECT id, row_number() OVER (ORDER BY id) AS n FROM vpn_peer WHERE server_id = %(server)s AND wanted
), bumped AS (
    UPDATE vpn_server SET revision = revision + (SELECT count(*) FROM gone) WHERE id = %(server)s RETURNING revision
)
UPDATE vpn_peer p SET wanted = false, takes_over = NULL, changed_at = now(),
    revision = (SELECT revision FROM bumped) - (SELECT count(*) FROM gone) + gone.n
FROM gone WHERE p.id = gone.id
"""

_ALL_WANTED = """
WITH back AS (
    SELECT a.id AS assignment_id, a.device_id, d.public_key, row_number() OVER (ORDER BY a.id) AS n
    FROM vpn_ipassignment a JOIN vpn_vpnconfig d ON d.id = a.device_id
    WHERE a.server_id = %(server)s AND a.released_at IS NULL AND a.blocked = '' AND d.blocked = '' AND d.revoked_at IS NULL
), bumped AS (
    UPDATE vpn_server SET revision = revision + (SELECT count(*) FROM back) WHERE id = %(server)s RETURNING revision
)
INSERT INTO vpn_peer (server_id, device_id, assignment_id, public_key, wanted, revision, connection, takes_over, changed_at)
SELECT %(server)s, device_id, assignment_id, public_key, true,
       (SELECT revision FROM bumped) - (SELECT count(*) FROM back) + n, 'never', NULL, now()
FROM back
ON CONFLICT (server_id, public_key) DO UPDATE SET
    device_id = excluded.device_id, assignment_id = excluded.assignment_id, wanted = true, takes_over = NULL,
    revision = excluded.revision, changed_at = excluded.changed_at
"""


def wish_peer(*, assignment: IpAssignment, public_key: str, wanted: bool, takes_over: str | None = None) -> int:
    """Wish a key on (or off) the interface of the assignment's server; returns the revision. Inside a transaction.

    `takes_over` is the device's former key, which the node keeps until this one is in use. Raises LocationUnavailable for a key that is
    wanted on a server that was decommissioned meanwhile.
    """
    with planned_once() as cursor:
        cursor.execute(
            _WISH,
            {
                "server": assignment.server_id,
                "device": assignment.device_id,
                "assignment": assignment.pk,
                "key": public_key,
                "wanted": wanted,
                "takes_over": takes_over,
            },
        )
        row = cursor.fetchone()
    if row is None:
        raise LocationUnavailable
    revision = int(row[0])
    _wake_after_commit(assignment.server_id)
    return revision


def wish_assignment(assignment: IpAssignment, public_key: str, wanted: bool) -> None:
    """Make the wishes of an assignment what they should be: its device's key there, or none of its keys. Writes only what differs.

    Inside a transaction that holds the device's customer.
    """
    there = set(Peer.objects.filter(assignment=assignment, wanted=True).values_list("public_key", flat=True))
    if wanted and public_key not in there:
        wish_peer(assignment=assignment, public_key=public_key, wanted=True)
    if not wanted:
        for key in sorted(there):
            wish_peer(assignment=assignment, public_key=key, wanted=False)


def wish_nobody(server_id: UUID) -> int:
    """Wish every peer off a server whose row is locked; returns how many."""
    return _for_all(_NONE_WANTED, server_id)


def wish_everybody(server_id: UUID) -> int:
    """Wish every admitted device back on a server whose row is locked; returns how many."""
    return _for_all(_ALL_WANTED, server_id)


def _for_all(statement: str, server_id: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"server": server_id})
        count = int(cursor.rowcount)
    _wake_after_commit(server_id)
    return count


def _wake_after_commit(server_id: UUID) -> None:
    transaction.on_commit(lambda: wake_server(server_id))
