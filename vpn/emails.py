"""Mails about devices and data. Queued inside the transaction that makes them true, sent after its commit."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from accounts.services.notifications import Kind, notify
from accounts.services.outbox import queue_mail
from nexusvpn.languages import filled, speaking
from nexusvpn.languages import lazy as _
from vpn.models import QuotaMeter, Server


def queue_quota_mail(meter: QuotaMeter, *, full: bool) -> None:
    context = {"used": meter.used_bytes, "quota": meter.quota_bytes, "resets_at": meter.resets_at}
    title = _("Your data is used up") if full else filled(_("{share} of your data is used"), share="80 %")
    mail = "quota_used_up" if full else "quota_warning"
    notify(meter.user, Kind.USAGE, title, link="/dashboard", mail=mail, context=context)


def queue_drain_mail(user: User, server: Server, devices: list[str], until: datetime | None, *, moved: bool) -> None:
    """Tell a customer whose devices are on a server that is being emptied; `moved` says that another place is ready for them."""
    context = {"location": server.location.name, "devices": devices, "until": until, "moved": moved}
    title = filled(_("A server in {place} goes out of service"), place=server.location.name)
    notify(user, Kind.DEVICES, title, link="/devices", mail="server_leaving", context=context)


def queue_alert_mail(address: str, *, server: str, what: str, detail: str, over: bool) -> None:
    """Tell a member of staff that something about a server began, or is over; lazy texts are said in their language."""
    reader = User.objects.filter(email__iexact=address, is_staff=True).only("language").first()
    with speaking(reader.language if reader else ""):
        queue_mail("fleet_alert", address, {"server": server, "what": what, "detail": detail, "over": over})
