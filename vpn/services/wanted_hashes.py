"""The hash that a server's interface should have, read from the tables once for each revision in each process.

A node in order says the same hash every few seconds, and with thousands of peers the tables' answer costs more than the report.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from uuid import UUID

from vpn.services.desired_state import wanted_peers

KEPT_SERVERS = 4096
# By server: the epoch and the revision that the hash is of. The latest one is what reports are about.
_known: OrderedDict[UUID, tuple[UUID, int, str]] = OrderedDict()
_lock = threading.Lock()


def wanted_hash(server_id: UUID, epoch: UUID, revision: int, *, expected: str) -> str | None:
    """The hash at this revision of the server's present epoch; None while it cannot be told: a key rotation, a change just now.

    Only where it is known and as `expected` the tables are not read. So what was known before a backup was put back, with other peers at
    the same revision, orders no resync for ever.
    """
    with _lock:
        if _known.get(server_id) == (epoch, revision, expected):
            _known.move_to_end(server_id)
            return expected
    wanted = wanted_peers(server_id)
    if (wanted.epoch, wanted.revision) != (epoch, revision) or wanted.hands_over:
        return None
    found = wanted.state_hash
    with _lock:
        _known[server_id] = (epoch, revision, found)
        _known.move_to_end(server_id)
        while len(_known) > KEPT_SERVERS:
            _known.popitem(last=False)
    return found
