"""What a server is now, as one word with its reason: what staff decided about it and whether its node is heard are not told apart.

A server may still be called online while its node has already stopped reporting; whoever reads both would not know which is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, Case, CharField, F, Q, QuerySet, TextChoices, Value, When
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy

from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import moment
from vpn.models import NodeStatus, Server
from vpn.services.heard import heard
from vpn.services.watching import SERVING


class Condition(TextChoices):
    ONLINE = "online", gettext_lazy("Online")
    OFFLINE = "offline", gettext_lazy("Offline")
    DRAINING = "draining", gettext_lazy("Draining")
    STOPPED = "stopped", gettext_lazy("Emergency stop")
    ENROLLING = "enrolling", gettext_lazy("Enrolling")
    DECOMMISSIONED = "decommissioned", gettext_lazy("Decommissioned")


# Of servers with a condition: those of which something should be heard, and what is wrong with their nodes.
SILENT = Q(state__in=SERVING, is_heard_now=False)
DIFFERING = Q(state__in=SERVING, is_heard_now=True, status__in_sync=False)


def with_condition(servers: QuerySet[Server]) -> QuerySet[Any]:
    """Each with `is_heard_now` and its `condition`: what stops it comes before what it would be."""
    is_heard_now = Case(When(heard("status__"), then=Value(True)), default=Value(False), output_field=BooleanField())
    out_of_service = Q(state=Server.State.DECOMMISSIONED)
    silent = Q(state=Server.State.ONLINE, is_heard_now=False)
    condition = Case(
        When(out_of_service, then=Value(Condition.DECOMMISSIONED.value)),
        When(stopped_at__isnull=False, then=Value(Condition.STOPPED.value)),
        When(silent, then=Value(Condition.OFFLINE.value)),
        default=F("state"),
        output_field=CharField(),
    )
    return servers.annotate(is_heard_now=is_heard_now).annotate(condition=condition)


def status_of(server: Server) -> NodeStatus | None:
    """What the node last said; None for one that has never enrolled."""
    return getattr(server, "status", None)


def condition_in_words(server: Any) -> str:
    """ "Offline: node silent". Of a server that was read by `with_condition`."""
    condition = Condition(server.condition)
    word = str(condition.label)
    if condition == Condition.DRAINING:
        word = _until(server, word)
    reasons = format_html_join(", ", "{}", ((reason,) for reason in _reasons(server, condition)))
    return format_html("{}: {}", word, reasons) if reasons else word


def _until(server: Server, word: str) -> str:
    if server.drain_until is None:
        return word
    return format_html(gettext("{state} until {when}"), state=word, when=moment(server.drain_until))


def _reasons(server: Any, condition: Condition) -> Iterator[str]:
    if condition == Condition.DECOMMISSIONED:
        return
    if server.state == Server.State.ENROLLING:
        yield gettext("no node yet") if server.public_key is None else gettext("waiting for its node's first report")
        return
    if condition == Condition.STOPPED and server.state == Server.State.DRAINING:
        yield _until(server, gettext("draining"))
    status = status_of(server)
    if not server.is_heard_now:
        yield gettext("node silent")
    elif condition == Condition.OFFLINE:
        yield gettext("node has not taken its present configuration yet")
    elif status is not None and status.in_sync is False:
        yield gettext("interface differs")


class ConditionFilter(admin.SimpleListFilter):
    title = _("condition")
    parameter_name = "condition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Condition.choices)

    def queryset(self, request: HttpRequest, servers: QuerySet[Any]) -> QuerySet[Any]:
        return servers.filter(condition=self.value()) if self.value() in Condition.values else servers


class NodeFilter(admin.SimpleListFilter):
    """Those that the admin's home tells of."""

    title = _("node")
    parameter_name = "node"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("silent", gettext("Silent")), ("differs", gettext("Interface differs"))]

    def queryset(self, request: HttpRequest, servers: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {"silent": SILENT, "differs": DIFFERING}
        return servers.filter(conditions.get(self.value() or "", Q()))
