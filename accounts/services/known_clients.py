"""Browsers and programs that a person has signed in with before; a sign-in with another one is told to them."""

from __future__ import annotations

import hashlib
import re

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.geography import place_of
from accounts.models import KnownClient, LoginHistory, User
from accounts.services.abuse import network_of
from accounts.services.notifications import Kind, notify
from nexusvpn.templatetags.nexusvpn_ui import program


def browser_fingerprint(cookie: str) -> str:
    return hashlib.sha256(f"browser {cookie}".encode()).hexdigest()


def program_fingerprint(user_agent: str, address: str | None) -> str:
    """Programs keep no cookies; they are told apart by the name they give, whatever its version, and the network they come from."""
    name, network = re.sub(r"[0-9.]+", "", user_agent), network_of(address) if address else ""
    return hashlib.sha256(f"program {name} {network}".encode()).hexdigest()


def recognise(user: User, fingerprint: str, *, address: str | None, user_agent: str) -> None:
    """Note what the person has just signed in with. If it is new, and not their very first, they are told, by mail too.

    Call it inside the transaction of the sign-in.
    """
    now = timezone.now()
    if KnownClient.objects.filter(user=user, fingerprint=fingerprint).update(last_seen_at=now):
        return
    # Clients are forgotten in time; who has signed in before is told all the same.
    signed_in = LoginHistory.objects.filter(user=user, outcome=LoginHistory.Outcome.SUCCESS)
    is_first = not KnownClient.objects.filter(user=user).exists() and not signed_in.exists()
    with transaction.atomic():
        _, created = KnownClient.objects.get_or_create(user=user, fingerprint=fingerprint)
        if created and not is_first:
            _tell(user, address, user_agent)


def _tell(user: User, address: str | None, user_agent: str) -> None:
    def where() -> str:
        return " · ".join(part for part in (program(user_agent), address, place_of(address)) if part)

    context = {
        "program": lambda: program(user_agent),
        "address": address,
        "place": lambda: place_of(address),
        "at": timezone.now(),
    }
    title = gettext_lazy("New sign-in")
    notify(user, Kind.SECURITY, title, where, link="/settings/sessions", mail="new_sign_in", context=context)
