"""The watch over the fleet: since when nothing is heard of which server, and when nobody was there to listen.

A look every minute. It opens outages; the node itself ends them, with its next report (`report_sql.HEARD_AGAIN`). What happened while
nobody looked is not known and is no outage.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from vpn.locks import lock_unheard_nodes, lock_watch
from vpn.models import Outage, Server, Watch

# Looks come every minute, and one may be late or fail. A longer pause is a gap.
LONGEST_PAUSE = timedelta(seconds=150)
# Who was not heard because we were away needs time to come back: the agents' longest back-off is 45 s.
SETTLING = timedelta(seconds=120)
# Six reports missed at the usual interval.
SILENCE = timedelta(seconds=90)
# Servers of which something should be heard.
SERVING = (Server.State.ONLINE, Server.State.DRAINING, Server.State.OFFLINE)


def present_watch(now: datetime) -> Watch | None:
    """The watch that goes on; None after a pause that nobody has yet come back from."""
    return Watch.objects.filter(watched_until__gte=now - LONGEST_PAUSE).order_by("-watched_until").first()


def look_after_nodes() -> None:
    """One look. May be repeated at any time, and come at any time after the one before."""
    # The watch's lock makes looks follow each other; those of the nodes make an outage and the report that ends it do so.
    with transaction.atomic(durable=True):
        lock_watch()
        now = timezone.now()
        watched_from = _go_on_watching(now)
        if now - watched_from >= SETTLING:
            _open_outages(watched_from)
        _end_outages_of_servers_out_of_service(now)
    _show_silent_servers_as_offline()


def _go_on_watching(now: datetime) -> datetime:
    """Since when the present watch goes on."""
    present = present_watch(now)
    if present is None:
        return Watch.objects.create(watched_from=now, watched_until=now).watched_from
    Watch.objects.filter(pk=present.pk, watched_until__lt=now).update(watched_until=now)
    return present.watched_from


def _open_outages(watched_from: datetime) -> None:
    known = Outage.objects.filter(ended_at=None).values("server")
    outages = []
    for status in lock_unheard_nodes(Server.objects.filter(state__in=SERVING).exclude(pk__in=known)):
        last_heard = status.lost_at or status.last_report_at or watched_from
        outages.append(Outage(server_id=status.pk, started_at=max(last_heard, watched_from)))
    Outage.objects.bulk_create(outages)


def _end_outages_of_servers_out_of_service(now: datetime) -> None:
    gone = Outage.objects.filter(ended_at=None).exclude(server__state__in=SERVING)
    gone.filter(started_at__lte=now).update(ended_at=now)


def _show_silent_servers_as_offline() -> None:
    """A draining server stays draining. The node's next report brings an offline one back."""
    since = timezone.now() - SILENCE
    Server.objects.filter(state=Server.State.ONLINE, status__last_report_at__lt=since).update(
        state=Server.State.OFFLINE
    )
