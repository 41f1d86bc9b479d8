"""Knowing a node by its credential."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from vpn.services.heard import note_contact
from vpn.services.nodes import CREDENTIAL_PREFIX, hash_token

_CALLER = """
SELECT t.server_id, n.lost_at IS NOT NULL
FROM vpn_nodetoken t LEFT JOIN vpn_nodestatus n ON n.server_id = t.server_id
WHERE t.token_hash = %s AND t.kind = 'credential' AND t.revoked_at IS NULL
"""


def authenticate_node(credential: str) -> UUID | None:
    """The id of the server whose node this is, or None. One query, unless the node was thought to be lost: it is not."""
    if not credential.startswith(CREDENTIAL_PREFIX) or not credential.isascii():
        return None
    with connection.cursor() as cursor:
        cursor.execute(_CALLER, [hash_token(credential)])
        row = cursor.fetchone()
    if row is None:
        return None
    server_id, was_lost = row
    if was_lost:
        note_contact(server_id)
    return UUID(str(server_id))
