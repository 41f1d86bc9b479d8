"""Prepared answers: what their variables are, and what stands for them in an answer to a ticket.

A variable is one of these names in braces and nothing else. Values are put in once and are never looked at again: what a customer is
called, or has called a device, is text whatever it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.people import greeting_name
from billing.entitlements import entitlement_for
from nexusvpn.errors import InvalidInput
from support.models import CannedReply, Ticket

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What stands for what is not known.
SOMEBODY, SOME_DEVICE, SUPPORT = "there", "your device", "Support"
_BRACES = re.compile(r"\{([^{}]*)\}")


def _first_name(staff: User) -> str:
    return next(iter(staff.full_name.split()), SUPPORT)


VARIABLES: dict[str, tuple[StrOrPromise, Callable[[Ticket, User], str]]] = {
    "name": (gettext_lazy("the customer's name"), lambda ticket, staff: greeting_name(ticket.user) or SOMEBODY),
    "plan": (gettext_lazy("the plan that they have now"), lambda ticket, staff: entitlement_for(ticket.user).plan_name),
    "device": (gettext_lazy("the device that it is about"), lambda ticket, staff: ticket.device_name or SOME_DEVICE),
    "subject": (gettext_lazy("the ticket's subject"), lambda ticket, staff: ticket.subject),
    "link": (
        gettext_lazy("where they find the ticket"),
        lambda ticket, staff: f"{settings.SITE_URL}/support/{ticket.pk}",
    ),
    "agent_first_name": (gettext_lazy("your first name"), lambda ticket, staff: _first_name(staff)),
}


def check_variables(body: str) -> None:
    """Refuse whatever stands in braces and is no variable. Raises InvalidInput on `body`."""
    unknown = sorted({found for found in _BRACES.findall(body) if found not in VARIABLES})
    if unknown:
        named = ", ".join(f"{{{name}}}" for name in unknown)
        known = ", ".join(f"{{{name}}}" for name in VARIABLES)
        raise InvalidInput(
            fields={
                "body": [_("{named}: there is no such variable. There are {known}.").format(named=named, known=known)]
            }
        )


def fill_reply(reply: CannedReply, *, ticket: Ticket, staff: User) -> str:
    """The prepared answer for this ticket, as plain text; only what it names is looked up."""
    return fill(reply.body, ticket=ticket, staff=staff)


def fill(body: str, *, ticket: Ticket, staff: User) -> str:
    values: dict[str, str] = {}

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in VARIABLES:
            # Saved before the name was taken away: what nobody can fill in, staff see and write themselves.
            return found[0]
        if name not in values:
            values[name] = VARIABLES[name][1](ticket, staff)
        return values[name]

    return _BRACES.sub(value, body)


def replies_for(ticket: Ticket) -> list[CannedReply]:
    """What can be inserted, those of the ticket's category first."""
    replies = CannedReply.objects.filter(is_active=True).only("id", "title", "category")
    return sorted(replies, key=lambda reply: (reply.category != ticket.category, reply.title, reply.pk))
