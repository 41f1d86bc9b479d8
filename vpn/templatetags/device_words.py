"""What pages say about a device: its state, why it is off, what the person can do about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nexusvpn.templatetags.nexusvpn_ui import NO_BREAK, state
from vpn.services.device_views import DeviceView, PlaceView

register = template.Library()

# States that are a node's word of a moment; the others do not grow older.
HEARD_STATES = ("connected", "idle", "never_used", "activating")
WAITING_STATES = {
    "removing": _("Removing: waiting for {names}"),
    "suspending": _("Suspending: waiting for {names}"),
}
WHY_OFF = {
    "account": _("Your account is suspended"),
    "expired": _("Its end date has passed"),
    "over_quota": _("Your data is used up"),
    "plan_limit": _("Your plan has room for fewer devices"),
    "stopped": _("We have stopped its server"),
    "unplaced": _("No server has a place for it"),
    "premium": _("Its location is not in your plan any more"),
    "unknown": _("Its server cannot be heard at the moment"),
}
WHAT_TO_DO = {
    "account": _("Write to support."),
    "customer": _("Resume it when you want to connect again. Its addresses stay its own meanwhile."),
    "staff": _("Write to support to learn why."),
    "both": _("You suspended it too. Write to support to learn why."),
    "expired": _("Choose a later end date, or none, and it connects again."),
    "plan_limit": _(
        "Chosen devices stay, then the oldest. Choose this one, remove another or take a larger plan, and it connects again."
    ),
    "stopped": _(
        "This is an emergency stop. It connects again by itself when that ends; there is nothing for you to do."
    ),
    "unplaced": _("Download its configuration for any location; that gives it a place there."),
    "premium": _("Download its configuration for another location, or choose a plan with premium locations."),
    "unknown": _("So we cannot say whether it is connected now."),
    "activating": _(
        "Its servers have yet to confirm it. That takes a second, or as long as a server cannot be reached."
    ),
}


def _reason(device: DeviceView) -> str:
    """The name of what keeps the device off, or of a state that needs a word; empty when there is nothing to explain."""
    if device.revoked_at is not None:
        return ""
    if device.blocked == "suspended":
        return device.suspended_by
    if device.blocked:
        return device.blocked
    if device.lifecycle in ("suspending", "suspended", "stopped"):
        # Off without being blocked: its servers are stopped, or every place of it is in a location that the plan has lost.
        return "stopped" if any(place.is_stopped for place in device.places) else "premium"
    return device.state


@register.filter
def why(device: DeviceView) -> str:
    """Why the device is off, in a few words: "Your data is used up"."""
    reason = _reason(device)
    if device.blocked == "suspended":
        return gettext("You suspended it") if reason == "customer" else gettext("Support suspended it")
    return str(WHY_OFF.get(reason, ""))


@register.filter
def what_to_do(device: DeviceView, resets_at: datetime) -> str:
    """What the person can do about a device that is off, or what is being waited for. `resets_at`: when their data starts again."""
    reason = _reason(device)
    if reason == "over_quota":
        return gettext("It connects again by itself on {day}. A larger plan connects it at once.").format(
            day=date_format(localtime(resets_at), "DATE_FORMAT")
        )
    return str(WHAT_TO_DO.get(reason, ""))


@register.filter(expects_localtime=True)
def to_the_second(moment: datetime) -> str:
    """As a proof names a time: "1 Dec 2026, 10:00:00 UTC"."""
    return f"{date_format(moment, 'DATE_FORMAT')}, {date_format(moment, f'H:i:s{NO_BREAK}e')}"


@register.inclusion_tag("components/_state.html")
def device_state(device: DeviceView) -> dict[str, Any]:
    """The device's state with the time at which it was last true, or with the locations that have yet to confirm it."""
    if device.state in WAITING_STATES and device.unconfirmed:
        word = WAITING_STATES[device.state].format(names=", ".join(device.unconfirmed))
        return {**state(device.state, word=word), "long": True}
    if device.state == "removed":
        return state("removed", device.removed_at)
    return state(device.state, device.state_at if device.state in HEARD_STATES else None)


@register.inclusion_tag("components/_state.html")
def place_state(place: PlaceView) -> dict[str, Any]:
    """The device's state on one server."""
    if place.blocked:
        return state(
            place.state,
            None,
            gettext("Not in your plan") if place.state == "suspended" else gettext("Suspending: not in your plan"),
        )
    return state(place.badge, place.state_at if place.badge in HEARD_STATES else None)
