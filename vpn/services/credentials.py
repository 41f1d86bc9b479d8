"""Knowing a node by its credential, and giving it a new one without a moment in which it has none.

A rotation: staff order it, the node is told with the answer to its next report and fetches the next credential; the first request with
that one makes it the credential and ends the former. Until then both work, so a lost answer costs nothing.
"""

from __future__ import annotations

import secrets
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict
from vpn.locks import lock_server
from vpn.models import NodeToken, Server
from vpn.services.heard import note_contact
from vpn.services.nodes import CREDENTIAL_PREFIX, hash_token

_CALLER = """
SELECT t.server_id, t.kind = 'next', n.lost_at IS NOT NULL
FROM vpn_nodetoken t LEFT JOIN vpn_nodestatus n ON n.server_id = t.server_id
WHERE t.token_hash = %s AND t.kind IN ('credential', 'next') AND t.revoked_at IS NULL
"""


def authenticate_node(credential: str) -> UUID | None:
    """The id of the server whose node this is, or None.

    One query, unless there is something to write: the first use of a new credential, or that a node thought to be lost is there.
    """
    if not credential.startswith(CREDENTIAL_PREFIX) or not credential.isascii():
        return None
    token_hash = hash_token(credential)
    with connection.cursor() as cursor:
        cursor.execute(_CALLER, [token_hash])
        row = cursor.fetchone()
    if row is None:
        return None
    server_id, is_next, was_lost = row
    if is_next and not _begin_to_use(server_id, token_hash):
        return None
    if was_lost:
        note_contact(server_id)
    return UUID(str(server_id))


def order_rotation(server: Server, *, by: User | None = None) -> None:
    """Ask the node to fetch a new credential. May be repeated. Raises Conflict (`no_credential`) where there is none to replace."""
    # The server's lock closes the race with a first use, which ends the order.
    with transaction.atomic(durable=True):
        lock_server(server.pk)
        if not _live(server.pk, NodeToken.Kind.CREDENTIAL).exists():
            raise Conflict(_("This server's node has no credential. Issue an enrolment command."), code="no_credential")
        Server.objects.filter(pk=server.pk).update(rotate_credential=True)
        record_act("node_credential_ordered", actor=by, target=server)


def issue_next_credential(*, server_id: UUID) -> str:
    """The node's next credential; an earlier one that was never used ends. Raises Conflict (`no_rotation_ordered`).

    Only on order: otherwise whoever has stolen a credential could put the node out with it.
    """
    credential = CREDENTIAL_PREFIX + secrets.token_urlsafe(32)
    # The server's lock makes of two requests at once one after the other, which then ends what the first got.
    with transaction.atomic(durable=True):
        if not lock_server(server_id).rotate_credential:
            raise Conflict("No new credential was ordered for this node.", code="no_rotation_ordered")
        _live(server_id, NodeToken.Kind.NEXT).update(revoked_at=timezone.now())
        NodeToken.objects.create(server_id=server_id, kind=NodeToken.Kind.NEXT, token_hash=hash_token(credential))
    return credential


def _begin_to_use(server_id: UUID, token_hash: str) -> bool:
    """Make a next credential the credential; False when it has ended meanwhile."""
    # The server's lock closes the race of two first requests, and that with another rotation or a revocation.
    with transaction.atomic(durable=True):
        lock_server(server_id)
        token = NodeToken.objects.get(token_hash=token_hash)
        if token.revoked_at is not None:
            return False
        if token.kind == NodeToken.Kind.NEXT:
            _live(server_id, NodeToken.Kind.CREDENTIAL).update(revoked_at=timezone.now())
            NodeToken.objects.filter(pk=token.pk).update(kind=NodeToken.Kind.CREDENTIAL)
            Server.objects.filter(pk=server_id).update(rotate_credential=False)
    return True


def _live(server_id: UUID, kind: NodeToken.Kind) -> QuerySet[NodeToken]:
    return NodeToken.objects.filter(server_id=server_id, kind=kind, revoked_at=None)
