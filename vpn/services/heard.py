"""Whether a node is being heard: the one rule behind placement, device states, the status page and the admin.

A node is heard while its reports are fresh and its connection has not broken off. Whoever sees the connection break off writes the
moment into the node's row at once, and whoever hears the node again takes it out; the grace in between belongs to the rule itself, so
that all processes agree without asking each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from vpn.models import NodeStatus
from vpn.services.wake import wake_server

# A node that has been silent for longer than this says nothing about now.
FRESH = timedelta(seconds=60)
# A connection that broke off has this long to be followed by another request, to whichever process.
GRACE = timedelta(milliseconds=700)

# The same rule in SQL, over `vpn_nodestatus n`; takes the oldest time that counts.
HEARD_SQL = (
    f"((n.lost_at IS NULL OR n.lost_at > statement_timestamp() - interval '{GRACE.total_seconds()} s')"
    " AND n.last_report_at > %(fresh_since)s)"
)


def fresh_since() -> datetime:
    return timezone.now() - FRESH


def heard(prefix: str = "") -> Q:
    """Rows whose node is heard; `prefix` is the path to its NodeStatus, such as `status__`."""
    connected = Q(**{f"{prefix}lost_at": None}) | Q(**{f"{prefix}lost_at__gt": Now() - GRACE})
    return connected & Q(**{f"{prefix}last_report_at__gt": fresh_since()})


def is_heard(status: NodeStatus | None) -> bool:
    if status is None or status.last_report_at is None:
        return False
    connected = status.lost_at is None or status.lost_at > timezone.now() - GRACE
    return connected and status.last_report_at > fresh_since()


def note_loss(server_id: UUID, unheard_for: timedelta = timedelta()) -> None:
    """A node's connection broke off just now, or the node does not come back: with `unheard_for`, and has not reported for so long.

    A process in which the node waits all the same takes this out.
    """
    unnoticed = NodeStatus.objects.filter(pk=server_id, lost_at=None)
    if unheard_for:
        unnoticed = unnoticed.exclude(last_report_at__gt=Now() - unheard_for)
    if unnoticed.update(lost_at=Now()):
        wake_server(server_id)


def note_contact(server_id: UUID) -> None:
    """The node was heard after its connection had broken off. Writes only where that is written."""
    NodeStatus.objects.filter(pk=server_id, lost_at__isnull=False).update(lost_at=None)
