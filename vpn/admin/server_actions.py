"""What staff do with one server. Each action says beforehand what it will mean for customers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django import forms
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext

from accounts.people import signed_in
from nexusvpn.admin_actions import Outcome, object_action
from nexusvpn.admin_site import Notice
from nexusvpn.forms import MomentField, ServiceForm
from nexusvpn.languages import lazy as _
from vpn.admin.stops import StoppableAdmin
from vpn.models import NodeToken, Peer, Server
from vpn.services.credentials import order_rotation
from vpn.services.emptying import (
    decommission_server,
    drain_server,
    move_devices_now,
    recommission_server,
    staying_on,
    undrain_server,
)
from vpn.services.nodes import (
    accept_new_key,
    enrolment_command,
    issue_enrolment_token,
    left_behind,
    revoke_credential,
    settle_old_machine,
)
from vpn.services.servers import MASS_REMOVAL_WINDOW, allow_mass_removal

IN_SERVICE = (Server.State.ONLINE, Server.State.OFFLINE, Server.State.DRAINING)


def _removals(count: int) -> str:
    return ngettext("%(n)s removal", "%(n)s removals", count) % {"n": count}


def _moving(server: Server) -> str:
    """What happens to the devices that are on a server without another place."""
    staying = staying_on(server)
    if not staying.devices:
        return gettext("No device on it still needs another place.")
    told = ngettext("%(n)s customer is told by mail", "%(n)s customers are told by mail", staying.told) % {
        "n": staying.told
    }
    devices = ngettext("%(n)s device", "%(n)s devices", staying.devices) % {"n": staying.devices}
    if not staying.other_servers:
        return gettext(
            "No other server of %(location)s takes devices now, so its %(devices)s cannot be moved: %(told)s that they "
            "have to choose another location. As soon as there is a server, they are moved and told so."
        ) % {"location": server.location, "devices": devices, "told": told}
    return gettext(
        "Its %(devices)s get another place in %(location)s, as far as there is room, and %(told)s. Each keeps the "
        "present place until the new configuration is used."
    ) % {"devices": devices, "location": server.location, "told": told}


def has_credential(server: Server) -> bool:
    return server.tokens.filter(kind=NodeToken.Kind.CREDENTIAL, revoked_at=None).exists()


def drain_question(server: Server) -> str:
    return gettext(
        "The server gets no new devices. %(moving)s\n\nWith a date, whatever is still on it then is disconnected; "
        "without one it is emptied by its customers alone. If you set another date later, everybody is told again."
    ) % {"moving": _moving(server)}


def move_question(server: Server) -> str:
    return gettext("%(moving)s The drain goes on as it is.") % {"moving": _moving(server)}


def decommission_question(server: Server) -> str:
    unconfirmed = Peer.objects.filter(server=server, wanted=False).count()
    settled = (
        " "
        + gettext("%(unconfirmed)s that its node has not confirmed then count as done, on your word.")
        % {"unconfirmed": _removals(unconfirmed)}
        if unconfirmed
        else ""
    )
    return gettext(
        "%(server)s is out of service for good: its credential ends, and its node has to enrol anew.%(settled)s"
    ) % {"server": server, "settled": settled}


def accept_question(server: Server) -> str:
    unconfirmed = Peer.objects.filter(server=server, wanted=False).count()
    waiting = (
        "\n\n"
        + ngettext(
            "%(n)s removal on it is not confirmed yet, and only the old machine can know whether it still holds those keys.",
            "%(n)s removals on it are not confirmed yet, and only the old machine can know whether it still holds those keys.",
            unconfirmed,
        )
        % {"n": unconfirmed}
        if unconfirmed
        else ""
    )
    return gettext(
        "The present key and the node's credential end; the server takes no new devices until its node enrols again. "
        "If that brings another key, every customer of this server needs a new configuration.%(waiting)s"
    ) % {"waiting": waiting}


def has_left_behind(server: Server) -> bool:
    return Peer.objects.filter(left_behind(), server=server).exists()


def left_behind_question(server: Server) -> str:
    count = Peer.objects.filter(left_behind(), server=server).count()
    return gettext(
        "A former machine of %(server)s has never confirmed %(count)s. On your word they count as done, and customers "
        "are shown so."
    ) % {"server": server, "count": _removals(count)}


def left_behind_banner(request: HttpRequest, server: Server) -> Iterable[Notice]:
    count = Peer.objects.filter(left_behind(), server=server).count()
    if count:
        yield Notice(
            gettext("%(count)s not confirmed by a former machine of this server") % {"count": _removals(count)},
            "",
            "warn",
        )


class DrainForm(ServiceForm):
    until = MomentField(
        label=_("Out of service on"), required=False, help_text=_("Date and time in UTC. Empty: no date.")
    )


class WipedForm(ServiceForm):
    wiped = forms.BooleanField(label=_("The machine is wiped or switched off for good."))


class OldMachineForm(ServiceForm):
    SETTLED = "settled"

    old_machine = forms.ChoiceField(
        label=_("The machine that has been this server until now"),
        choices=[
            (SETTLED, _("is the same one, or is wiped, or is off for good")),
            (_("may hold keys"), _("may still run and hold customers' keys")),
        ],
        widget=forms.RadioSelect,
    )
    # The one that the page spoke of: a form that comes late is not about another.
    public_key = forms.CharField(required=False, widget=forms.HiddenInput)


class ServerActions(StoppableAdmin):
    @object_action(_("Drain"), drain_question, applies=lambda server: server.state in IN_SERVICE, form=DrainForm)
    def drain(self, request: HttpRequest, server: Server, until: datetime | None) -> Outcome:
        drain_server(server_id=server.pk, until=until, by=signed_in(request))
        return gettext("The server gets no new devices, and those it has are being moved.")

    @object_action(
        _("Move devices away now"), move_question, applies=lambda server: server.state == Server.State.DRAINING
    )
    def move_now(self, request: HttpRequest, server: Server) -> Outcome:
        move_devices_now(server_id=server.pk, by=signed_in(request))
        return gettext("Its devices are being moved.")

    @object_action(
        _("Stop draining"),
        _(
            "The server gets new devices again, at once or with its node's next report. Devices that have moved stay where they are."
        ),
        applies=lambda server: server.state == Server.State.DRAINING,
    )
    def undrain(self, request: HttpRequest, server: Server) -> Outcome:
        state = undrain_server(server_id=server.pk, by=signed_in(request)).state
        return gettext("The server gets new devices again") + (
            "." if state == Server.State.ONLINE else gettext(" with its node's next report.")
        )

    @object_action(
        _("Decommission"),
        decommission_question,
        applies=lambda server: server.state not in (Server.State.DECOMMISSIONED, Server.State.ONLINE),
        danger=True,
        form=WipedForm,
    )
    def decommission(self, request: HttpRequest, server: Server, wiped: bool) -> Outcome:
        decommission_server(server_id=server.pk, by=signed_in(request))
        return gettext("The server is out of service for good.")

    @object_action(
        _("Bring back"),
        _("The server waits for its node to enrol anew, with any WireGuard key."),
        applies=lambda server: server.state == Server.State.DECOMMISSIONED,
    )
    def bring_back(self, request: HttpRequest, server: Server) -> Outcome:
        recommission_server(server_id=server.pk, by=signed_in(request))
        return gettext("The server waits for its node. Issue an enrolment command and run it there.")

    @object_action(
        _("Issue enrolment command"),
        _("You get a command with a one-time token. Enrolment tokens issued earlier for this server end."),
        applies=lambda server: server.state != Server.State.DECOMMISSIONED,
    )
    def issue_enrolment(self, request: HttpRequest, server: Server) -> Outcome:
        command = enrolment_command(issue_enrolment_token(server, by=signed_in(request)))
        context = self._context(request, server, title=gettext("Enrolment command"), command=command)
        response = TemplateResponse(request, "admin/vpn/server/enrolment.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @object_action(
        _("Accept a new WireGuard key"),
        accept_question,
        applies=lambda server: server.public_key is not None,
        danger=True,
        form=OldMachineForm,
        initial=lambda server: {"public_key": server.public_key},
    )
    def accept_key(self, request: HttpRequest, server: Server, old_machine: str, public_key: str) -> Outcome:
        settled = old_machine == OldMachineForm.SETTLED
        accept_new_key(server, public_key=public_key, old_machine_is_settled=settled, by=signed_in(request))
        return gettext("The next enrolment may bring another WireGuard key.")

    @object_action(
        _("Former machine is wiped"),
        left_behind_question,
        applies=has_left_behind,
        danger=True,
        form=WipedForm,
    )
    def settle_machine(self, request: HttpRequest, server: Server, wiped: bool) -> Outcome:
        return gettext("%(removals)s confirmed on your word.") % {
            "removals": _removals(settle_old_machine(server, by=signed_in(request)))
        }

    @object_action(
        _("Order a new credential"),
        _(
            "The node fetches a new credential with its next report and uses it from then on. Both work until it does; nothing stops."
        ),
        applies=lambda server: has_credential(server) and not server.rotate_credential,
    )
    def order_credential(self, request: HttpRequest, server: Server) -> Outcome:
        order_rotation(server, by=signed_in(request))
        return gettext("The node fetches a new credential with its next report.")

    @object_action(
        _("Revoke the node's credential"),
        _("The node can neither fetch changes nor report until it enrols again. Tunnels that it carries now go on."),
        applies=has_credential,
        danger=True,
    )
    def revoke_node(self, request: HttpRequest, server: Server) -> Outcome:
        revoke_credential(server, by=signed_in(request))
        return gettext("The node's credential is revoked.")

    @object_action(
        _("Allow mass removal"),
        lambda server: (
            gettext(
                "For %(minutes)s minutes the node may remove any number of peers that no order named. It is told at once. Use it "
                "when a node reports that it has refused a mass removal and you know that the removal is right."
            )
            % {"minutes": MASS_REMOVAL_WINDOW.seconds // 60}
        ),
        applies=lambda server: server.public_key is not None,
        danger=True,
    )
    def allow_mass_removal(self, request: HttpRequest, server: Server) -> Outcome:
        allow_mass_removal(server_id=server.pk, by=signed_in(request))
        return gettext("For %(minutes)s minutes the node may remove any number of peers.") % {
            "minutes": MASS_REMOVAL_WINDOW.seconds // 60
        }
