"""Waiting, for a moment, until the node has a new device on its interface, so that a client that starts at once connects at once."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from nexusvpn.db import lend_connection, planned_once

# Only so many threads of a process may wait; the others say "activating" at once, so that slow nodes cannot use up the workers.
_places = threading.BoundedSemaphore(4)
FIRST_LOOK_S = 0.004
LONGEST_PAUSE_S = 0.05
# A node that is well answers within 10 to 40 ms: looks that follow each other closely there cost less than they save.
GROWTH = 1.2
SILENT = timedelta(seconds=45)


def wait_until_active(device_id: UUID) -> bool:
    """Whether the node has confirmed the device within DEVICE_ACK_WAIT_S seconds. Call outside any transaction."""
    if not _places.acquire(blocking=False):
        return False
    try:
        return _wait(device_id)
    finally:
        _places.release()


# Of the newest wish for the present key (during a rotation the former one is there already): whether the node has confirmed it, and
# when it last reported.
_STANDING = """
SELECT n.applied_epoch = s.epoch AND n.applied_revision >= p.revision, n.last_report_at > %(since)s
FROM vpn_peer p
JOIN vpn_vpnconfig d ON d.id = p.device_id AND d.public_key = p.public_key
JOIN vpn_server s ON s.id = p.server_id JOIN vpn_nodestatus n ON n.server_id = s.id
WHERE p.device_id = %(device)s AND p.wanted
ORDER BY p.changed_at DESC, p.id DESC LIMIT 1
"""


def _wait(device_id: UUID) -> bool:
    give_up = time.monotonic() + settings.DEVICE_ACK_WAIT_S
    pause = FIRST_LOOK_S
    while True:
        with planned_once() as cursor:
            cursor.execute(_STANDING, {"device": device_id, "since": timezone.now() - SILENT})
            confirmed, is_heard = cursor.fetchone() or (False, False)
        if confirmed:
            return True
        if not is_heard or time.monotonic() + pause > give_up:
            return False
        # Others can use the connection meanwhile: a pool has fewer than there are threads that wait here.
        lend_connection()
        time.sleep(pause)
        pause = min(pause * GROWTH, LONGEST_PAUSE_S)
