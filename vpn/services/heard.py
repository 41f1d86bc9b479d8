"""Whether a node is being heard: the one rule behind placement, device states, the status page and the admin."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from vpn.models import NodeStatus

# A node that has been silent for longer than this says nothing about now.
FRESH = timedelta(seconds=60)

# The same rule in SQL, over `vpn_nodestatus n`; takes the oldest time that counts.
HEARD_SQL = "(n.lost_at IS NULL AND n.last_report_at > %(fresh_since)s)"


def fresh_since() -> datetime:
    return timezone.now() - FRESH


def heard(prefix: str = "") -> Q:
    """Rows whose node is heard; `prefix` is the path to its NodeStatus, such as `status__`."""
    return Q(**{f"{prefix}lost_at": None, f"{prefix}last_report_at__gt": fresh_since()})


def is_heard(status: NodeStatus | None) -> bool:
    if status is None or status.lost_at is not None or status.last_report_at is None:
        return False
    return status.last_report_at > fresh_since()
