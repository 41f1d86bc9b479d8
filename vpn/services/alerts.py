"""Telling staff what they must know about a server: once when it begins, once when it is over.

A look every minute compares what is with the alerts that are open. An end is told only when it has lasted for a quarter of an hour: an
alert that comes back before is the same one, and nobody gets a mail for each swing of something that swings.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.utils import timezone

from accounts.staff_alerts import alert_addresses
from nexusvpn.languages import filled
from nexusvpn.languages import lazy as _
from nexusvpn.logs import logger
from vpn.deferred import tell_alert_over_later
from vpn.emails import queue_alert_mail
from vpn.locks import lock_alerts
from vpn.models import Alert
from vpn.services.trouble import Key, clock, find_trouble

# An alert that comes back so soon is the same one.
SWINGS = timedelta(minutes=15)
log = logger(__name__)


def look_for_trouble() -> None:
    """One look: open and close alerts, and queue their mails. May be repeated at any time."""
    # The lock makes looks follow each other, so that none opens what another has just opened.
    with transaction.atomic(durable=True):
        lock_alerts()
        now = timezone.now()
        findings = find_trouble(now)
        still_open = Alert.objects.filter(closed_at=None)
        open_alerts = {Key(alert.server_id, Alert.Kind(alert.kind)): alert for alert in still_open}
        for key, detail in findings.trouble.items():
            if key not in open_alerts:
                _open(key, detail, now)
        for key, alert in open_alerts.items():
            if key not in findings.trouble and key not in findings.unknown:
                Alert.objects.filter(pk=alert.pk).update(closed_at=now)
                tell_alert_over_later(alert.pk, now, at=now + SWINGS)


def _open(key: Key, detail: str, now: datetime) -> None:
    kept = str(detail)[:300]
    same = Alert.objects.filter(server_id=key.server_id, kind=key.kind, closed_at__gt=now - SWINGS)
    former = same.order_by("-closed_at").first()
    if former is not None:
        Alert.objects.filter(pk=former.pk).update(closed_at=None, detail=kept)
        return
    alert = Alert.objects.create(server_id=key.server_id, kind=key.kind, detail=kept, opened_at=now)
    _mail(alert, detail, over=False)


def tell_over(alert_id: int, closed_at: datetime) -> None:
    """Tell that an alert is over, unless it has come back since it was closed at that time."""
    with transaction.atomic(durable=True):
        lock_alerts()
        alert = Alert.objects.filter(pk=alert_id, closed_at=closed_at).first()
        if alert is not None:
            detail = filled(_("It lasted from {begin} to {end}."), begin=clock(alert.opened_at), end=clock(closed_at))
            _mail(alert, detail, over=True)


def _mail(alert: Alert, detail: str, *, over: bool) -> None:
    addresses = alert_addresses("vpn.view_server")
    if not addresses:
        log.warning("alert_without_reader", server=alert.server.name, kind=alert.kind)
    what = cast(str, Alert.Kind(alert.kind).label)
    for address in addresses:
        queue_alert_mail(address, server=alert.server.name, what=what, detail=detail, over=over)
