"""How nodes are: the panel on a server's page, and what the admin's home says about all of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from nexusvpn.admin_base import Panel
from nexusvpn.admin_site import Notice, few_of
from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN, ago, bytes_si
from vpn.admin.conditions import DIFFERING, SILENT, status_of, with_condition
from vpn.models import Server
from vpn.services.heard import is_heard

LATEST = 10


def _percent(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f} %"


def health_panel(server: Server) -> Panel:
    """What the node last said of itself, beside what is wanted of it."""
    status = status_of(server)
    if status is None:
        return Panel(
            gettext("Node"),
            (gettext("Fact"), gettext("Value")),
            [(gettext("Enrolled"), gettext("No. Issue an enrolment command and run it there."))],
        )
    same_epoch = status.applied_epoch == server.epoch
    in_sync = {True: gettext("Yes"), False: gettext("No"), None: gettext("Not compared yet")}[status.in_sync]
    facts = [
        (gettext("Heard now"), gettext("Yes") if is_heard(status) else gettext("No")),
        (gettext("Last report"), ago(status.last_report_at)),
        (
            gettext("Applied revision"),
            gettext("%(applied_revision)s of %(revision)s")
            % {"applied_revision": status.applied_revision, "revision": server.revision}
            if same_epoch
            else gettext("None of this epoch"),
        ),
        (gettext("In sync when last compared"), in_sync),
        (gettext("Peers on the interface"), status.peer_count),
        ("CPU", _percent(status.cpu_percent)),
        (gettext("Memory"), _percent(status.memory_percent)),
        (gettext("From devices, to devices"), f"{bytes_si(status.rx_bytes)}, {bytes_si(status.tx_bytes)}"),
        (gettext("Agent"), status.agent_version or UNKNOWN),
    ]
    return Panel(gettext("Node"), (gettext("Fact"), gettext("Value")), facts)


def notes_panel(server: Server) -> Panel:
    rows = [(ago(note.created_at), note.code, note.detail) for note in server.notes.all()[:LATEST]]
    return Panel(gettext("What the node noted"), (gettext("When"), gettext("What"), gettext("Detail")), rows)


def nodes_that_need_staff(request: HttpRequest) -> Iterable[Notice]:
    """Servers that should serve and whose node is silent or holds something else than it should. One statement."""
    if not request.user.has_perm("vpn.view_server"):  # type: ignore[union-attr]
        return
    wrong = with_condition(Server.objects.all()).filter(SILENT | DIFFERING)
    # Those that nobody has heard of come first, then those that are silent the longest.
    found = wrong.order_by(F("status__last_report_at").asc(nulls_first=True), "name")
    silent, differing = [], []
    for name, is_heard_now, last in found.values_list("name", "is_heard_now", "status__last_report_at"):
        url = f"{reverse('admin:vpn_server_changelist')}?q={name}"
        if is_heard_now:
            text = _("%(server)s: node whose interface is not what it should be")
            differing.append(Notice(text % {"server": name}, url, "warn"))
        else:
            silent.append(Notice(_("%(server)s: node silent") % {"server": name}, url, "bad", last))
    yield from few_of(
        silent, _("%(count)s nodes are silent. Those silent the longest are named below."), _nodes("silent")
    )
    yield from few_of(
        differing,
        _("The interfaces of %(count)s nodes are not what they should be. Some are named below."),
        _nodes("differs"),
    )


def _nodes(wrong: str) -> str:
    return f"{reverse('admin:vpn_server_changelist')}?node={wrong}"


admin.site.questions.append(nodes_that_need_staff)  # type: ignore[attr-defined]
