"""What nodes carried, how full they are, and what locations earned, on the admin's home."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from nexusvpn.charts import Chart, Series
from nexusvpn.kept import Kept
from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN, bytes_si, money, percent
from vpn.models import Location, NodeStatus, Server
from vpn.services.heard import is_heard
from vpn.services.margins import Margin, carried_in, margins

DAYS = 30
# Of more nodes the fullest are drawn, of more locations those that carried the most.
MOST = 20
KEPT_S = 60.0
BOOKS_KEPT_S = 600.0


def _carried() -> tuple[datetime, list[tuple[str, int]]]:
    """Bytes by location in the last days, the busiest first."""
    now = timezone.now()
    today = now.astimezone(UTC).date()
    found = carried_in(today - timedelta(days=DAYS - 1), today + timedelta(days=1))
    names = dict(Location.objects.values_list("pk", "name"))
    return now, sorted(((names[pk], count) for pk, count in found.items()), key=lambda pair: -pair[1])


def _last_margins() -> tuple[datetime, date, list[Margin]]:
    """Of the last whole month."""
    now = timezone.now()
    first = (now.astimezone(UTC).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    return now, first, margins(first)


carried = Kept(_carried, KEPT_S)
last_margins = Kept(_last_margins, BOOKS_KEPT_S)


def traffic(request: HttpRequest) -> Iterable[Chart]:
    if not request.user.has_perm("vpn.view_nodehour"):  # type: ignore[union-attr]
        return
    as_of, found = carried.get()
    yield Chart(
        title=_("Traffic by location, last %(n)s days") % {"n": DAYS},
        labels=[name for name, _count in found[:MOST]],
        series=[Series(_("Carried"), [count for _name, count in found[:MOST]])],
        write=bytes_si,
        first_heading=_("Location"),
        note=_("Both ways, as the nodes count it, hour by hour. The busiest %(n)s locations.") % {"n": MOST},
        url=reverse("admin:vpn_nodehour_changelist"),
        as_of=as_of,
    )


def fullness(request: HttpRequest) -> Iterable[Chart]:
    if not request.user.has_perm("vpn.view_nodestatus"):  # type: ignore[union-attr]
        return
    serving = (Server.State.ONLINE, Server.State.DRAINING)
    statuses = NodeStatus.objects.filter(server__state__in=serving).select_related("server")
    found = [(status.server, status.peer_count if is_heard(status) else None) for status in statuses]
    found.sort(key=lambda pair: -((pair[1] or 0) / max(pair[0].capacity, 1)))
    shown = found[:MOST]
    shares = [percent(None if peers is None else peers / max(server.capacity, 1)) for server, peers in shown]
    yield Chart(
        title=_("Peers by node"),
        labels=[server.name for server, _peers in shown],
        series=[
            Series(_("Peers"), [peers for _server, peers in shown]),
            Series(_("Capacity"), [server.capacity for server, _peers in shown], 2),
        ],
        first_heading=_("Node"),
        columns=[(_("Full"), shares)],
        note=_("On the interfaces, as nodes said last; a node that is silent is not known. The fullest %(n)s.")
        % {"n": MOST},
        url=reverse("admin:vpn_nodestatus_changelist"),
        as_of=timezone.now(),
    )


def earnings(request: HttpRequest) -> Iterable[Chart]:
    """For who may see both the books and what locations cost."""
    if not request.user.has_perms(("vpn.view_locationcost", "billing.view_ledgerentry")):  # type: ignore[union-attr]
        return
    as_of, first, found = last_margins.get()
    month = date_format(first, "YEAR_MONTH_FORMAT")
    note = _(
        "The month's net revenue in this currency, without tax, spread over the locations by the bytes that their nodes carried in the "
        "month, less the cost that was entered in this currency. Which location a payment was earned at is not stored, so this is a share "
        "and no account. Currencies are not added. Without a cost, or where traffic was not measured, the margin is not known: what such a "
        "location earned counts for the others."
    )
    for currency in sorted({row.currency for row in found}):
        rows = [row for row in found if row.currency == currency][:MOST]
        title = _("Margin by location, %(month)s, %(currency)s") % {"month": month, "currency": currency}
        yield _margin_chart(title, currency, rows, note, as_of)


def _margin_chart(title: str, currency: str, rows: list[Margin], note: str, as_of: datetime) -> Chart:
    def write(amount: int | None) -> str:
        return money(amount, currency)

    columns: list[tuple[str, list[Any]]] = [
        (_("Carried"), [UNKNOWN if row.carried is None else bytes_si(row.carried) for row in rows]),
        (_("Share"), [percent(row.share) for row in rows]),
        (_("Revenue"), [write(row.revenue) for row in rows]),
        (_("Cost"), [write(row.cost) for row in rows]),
    ]
    return Chart(
        title=title,
        labels=[row.location for row in rows],
        series=[Series(_("Margin"), [row.margin for row in rows])],
        write=write,
        first_heading=_("Location"),
        columns=columns,
        note=note,
        url=reverse("admin:vpn_locationcost_changelist"),
        as_of=as_of,
    )


admin.site.drawings += [traffic, fullness, earnings]  # type: ignore[attr-defined]
