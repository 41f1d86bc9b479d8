"""What is wrong with which server, found in what nodes reported. What to do with that is decided in `alerts`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Sum
from django.utils.formats import date_format

from nexusvpn.languages import filled, said_later
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import bytes_si
from vpn.models import Alert, NodeHour, NodeStatus, Server
from vpn.services.addresses import address_count, addresses_left
from vpn.services.heard import is_heard
from vpn.services.watching import SERVING, present_watch

SILENT_FOR = timedelta(minutes=2)
USAGE_LOOKED_AT = timedelta(hours=24)
USAGE_SHARE, USAGE_BYTES = 0.02, 100_000_000
FULL_SHARE, FEW_ADDRESSES = 0.9, 0.05
# Two looks are a minute apart; what was found much earlier is another story.
SAME_STORY = timedelta(minutes=5)


def clock(moment: datetime) -> str:
    """Written when the words around it are said."""
    return said_later(lambda: date_format(moment, "DATETIME_FORMAT"))


def lazy_bytes(count: int) -> str:
    """Written when the words around it are said."""
    return said_later(lambda: bytes_si(count))


class Key(NamedTuple):
    """A server, and what can be wrong with it."""

    server_id: UUID
    kind: Alert.Kind


@dataclass(slots=True)
class Findings:
    """What is wrong, each in words; and of what it cannot be told at the moment, because the node is not heard.

    The words are lazy: whoever is told reads them in a language of their own.
    """

    trouble: dict[Key, str] = field(default_factory=dict)
    unknown: set[Key] = field(default_factory=set)


class _Before:
    """The servers that this process found out of sync when it last looked: right after a change every node is, for a moment."""

    def __init__(self) -> None:
        self._servers: set[UUID] = set()
        self._looked_at: datetime | None = None

    def as_well(self, servers: set[UUID], now: datetime) -> set[UUID]:
        """Those that were so when it last looked; from now on these are what was found last."""
        recent = self._looked_at is not None and now - self._looked_at < SAME_STORY
        before = self._servers if recent else set()
        self._servers, self._looked_at = servers, now
        return servers & before


_out_of_sync = _Before()


def find_trouble(now: datetime) -> Findings:
    """A look at every server in service. The number of queries does not depend on how many there are."""
    servers = list(Server.objects.filter(state__in=SERVING).select_related("status"))
    known = {server.pk: server.status for server in servers if hasattr(server, "status")}
    heard = {server_id: status for server_id, status in known.items() if is_heard(status)}
    findings = Findings()
    _find_silent(findings, known, now)
    drifting = _out_of_sync.as_well({pk for pk, status in heard.items() if status.in_sync is False}, now)
    for server_id in drifting:
        findings.trouble[Key(server_id, Alert.Kind.DRIFT)] = _("Its interface holds something else than it should.")
    for server_id, status in heard.items():
        if status.failed_keys:
            words = filled(
                _("{n} that it should hold, the first is {key}"), n=len(status.failed_keys), key=status.failed_keys[0]
            )
            findings.trouble[Key(server_id, Alert.Kind.FAILED_PEERS)] = words
    _find_full(findings, [server for server in servers if server.pk in heard], heard)
    for server_id in known.keys() - heard.keys():
        findings.unknown |= {
            Key(server_id, kind) for kind in (Alert.Kind.DRIFT, Alert.Kind.FAILED_PEERS, Alert.Kind.FULL)
        }
    _find_usage_drift(findings, known.keys(), now)
    return findings


def _find_silent(findings: Findings, known: dict[UUID, NodeStatus], now: datetime) -> None:
    """What was not heard because nobody listened is not silent: a new watch gives everybody time to come back."""
    watch = present_watch(now)
    if watch is None:
        findings.unknown |= {Key(server_id, Alert.Kind.SILENT) for server_id in known}
        return
    for server_id, status in known.items():
        last_heard = status.lost_at or status.last_report_at or watch.watched_from
        if now - max(last_heard, watch.watched_from) > SILENT_FOR and not is_heard(status):
            words = filled(_("Last heard on {time}."), time=clock(last_heard))
            findings.trouble[Key(server_id, Alert.Kind.SILENT)] = words


def _find_full(findings: Findings, servers: list[Server], heard: dict[UUID, NodeStatus]) -> None:
    left = addresses_left(servers)
    for server in servers:
        peers = heard[server.pk].peer_count
        few = left[server.pk] < FEW_ADDRESSES * address_count(server)
        if peers is not None and server.capacity and peers >= FULL_SHARE * server.capacity:
            words = filled(_("It holds {n} peers and is meant to carry {capacity}."), n=peers, capacity=server.capacity)
        elif few:
            words = filled(_("{n} of {total} addresses are left."), n=left[server.pk], total=address_count(server))
        else:
            continue
        findings.trouble[Key(server.pk, Alert.Kind.FULL)] = words


def _find_usage_drift(findings: Findings, servers: Iterable[UUID], now: datetime) -> None:
    sums = (
        NodeHour.objects.filter(server__in=list(servers), hour__gt=now - USAGE_LOOKED_AT)
        .order_by()
        .values_list("server")
    )
    for server_id, rx, tx, up, down in sums.annotate(
        Sum("node_rx"), Sum("node_tx"), Sum("customers_rx"), Sum("customers_tx")
    ):
        node, customers = rx + tx, up + down
        apart = abs(node - customers)
        if apart > USAGE_BYTES and apart > USAGE_SHARE * max(node, customers):
            words = filled(
                _("In 24 hours it carried {node} by its own account; customers were counted {customers}."),
                node=lazy_bytes(node),
                customers=lazy_bytes(customers),
            )
            findings.trouble[Key(server_id, Alert.Kind.USAGE_DRIFT)] = words
