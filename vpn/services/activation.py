"""Waiting, for a moment, until the node has a new device on its interface, so that a client that starts at once connects at once."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from nexusvpn.db import lend_connection
from vpn.models import Peer

# Only so many threads of a process may wait; the others say "activating" at once, so that slow nodes cannot use up the workers.
_places = threading.BoundedSemaphore(4)
FIRST_LOOK_S = 0.004
LONGEST_PAUSE_S = 0.05
SILENT = timedelta(seconds=45)


def wait_until_active(device_id: UUID) -> bool:
    """Whether the node has confirmed the device within DEVICE_ACK_WAIT_S seconds. Call outside any transaction."""
    if not _places.acquire(blocking=False):
        return False
    try:
        return _wait(device_id)
    finally:
        _places.release()


def _wait(device_id: UUID) -> bool:
    give_up = time.monotonic() + settings.DEVICE_ACK_WAIT_S
    pause = FIRST_LOOK_S
    while True:
        row = (
            # The newest wish for the present key: during a rotation the former one is there already.
            Peer.objects.filter(device_id=device_id, wanted=True, public_key=F("device__public_key"))
            .order_by("-changed_at", "-id")
            .values_list(
                "revision",
                "server__epoch",
                "server__status__applied_epoch",
                "server__status__applied_revision",
                "server__status__last_report_at",
            )
            .first()
        )
        if row is None:
            return False
        revision, epoch, applied_epoch, applied, reported = row
        if applied_epoch == epoch and applied >= revision:
            return True
        if reported is None or timezone.now() - reported > SILENT or time.monotonic() + pause > give_up:
            return False
        # Others can use the connection meanwhile: a pool has fewer than there are threads that wait here.
        lend_connection()
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_S)
