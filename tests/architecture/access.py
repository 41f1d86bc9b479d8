"""Every endpoint of version 1 by every method that it has, called by everybody there is: what they get."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import Notification, User
from accounts.services.api_keys import create_api_key
from billing.models import CheckoutSession
from nexusvpn.api.scopes import Scope
from nexusvpn.api.views import ApiView
from tests.admin.addresses import allow
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import make_user
from tests.factories.articles import make_article
from tests.factories.payments import make_checkout
from tests.factories.support import make_attachment, make_ticket
from tests.factories.vpn import make_location, make_server, new_key
from tests.vpn.acting import add
from vpn.models import Server
from vpn.services.nodes import enrol_node, issue_enrolment_token

ROLES = ("anonymous", "owner", "other", "unverified", "suspended", "support", "admin", "read key", "node")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def endpoints() -> dict[str, type[ApiView]]:
    """Every path below /api/v1/, as the contract writes it, and its view."""
    found: dict[str, type[ApiView]] = {}

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> None:
        for entry in patterns:
            path = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                walk(entry.url_patterns, path)
            elif path.startswith("api/v1/"):
                shape = re.sub(r"\(\?P<\w+>.*?\)", "{id}", path.removeprefix("api/v1/"))
                found[re.sub(r"[\^$?]", "", shape).rstrip("/")] = entry.callback.view_class  # type: ignore[attr-defined, union-attr]

    walk(get_resolver().url_patterns, "")
    return found


@dataclass
class World:
    """Alice's things, and a client for every role."""

    alice: User
    server: Server

    def clients(self) -> dict[str, ApiClient]:
        bob, unverified = make_user("bob@example.com"), make_user("new@example.com", email_verified_at=None)
        suspended = make_user("suspended@example.com")
        helper = make_user("helper@example.com", is_staff=True)
        allow(helper, "view_ticket", "change_ticket", "view_user", "view_vpnconfig")
        boss = make_user("boss@example.com", is_staff=True, is_superuser=True)
        key, _ = create_api_key(user=self.alice, name="Reads", scopes=[Scope.READ.value])
        tokens = {
            "anonymous": None,
            "owner": token_of(self.alice),
            "other": token_of(bob),
            "unverified": token_of(unverified),
            "suspended": token_of(suspended),
            "support": token_of(helper),
            "admin": token_of(boss),
            "read key": key,
            "node": enrol_node(token=issue_enrolment_token(self.server), public_key=str(self.server.public_key))[
                "credential"
            ],
        }
        User.objects.filter(pk=suspended.pk).update(is_active=False)
        return {role: ApiClient(tokens[role]) for role in ROLES}

    def ids(self) -> dict[str, Any]:
        """The row of Alice's that `{id}` means, by the beginning of the path."""
        device = add(self.alice)
        values = {
            "user": self.alice,
            "kind": "usage",
            "title": "Told",
            "created_at": timezone.now() - timedelta(hours=1),
        }
        elsewhere = token_of(self.alice)
        session = self.alice.sessions.latest("created_at")
        assert elsewhere
        ticket = make_ticket(self.alice)
        key = self.alice.api_keys.first() or create_api_key(user=self.alice, name=uuid4().hex, scopes=["read"])[1]
        return {
            "devices/": device.pk,
            "locations/": device.location_id,
            "help/articles/": make_article(f"article-{uuid4().hex}").slug,
            "tickets/": ticket.pk,
            "tickets/{id}/attachments/": make_attachment(ticket.messages.get()).pk,
            "notifications/": Notification.objects.create(**values).pk,
            "auth/sessions/": session.pk,
            "billing/checkout/": make_checkout(self.alice, CheckoutSession.State.COMPLETE).stripe_id,
            "auth/passkeys/": self.alice.passkeys.create(name="Phone", credential_id=b"id", credential=b"public").pk,
            "users/me/api-keys/": key.pk,
        }


def make_world() -> World:
    return World(make_user("alice@example.com"), make_server(make_location("ams")))


# What is sent where an empty body would be refused before anybody asks whose the object is.
BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "POST devices/{id}/rotate-key": lambda: {"public_key": new_key()},
    "POST tickets/{id}/rating": lambda: {"rating": 5},
    "POST tickets/{id}/reply": lambda: {"message": "One more sentence."},
}


def _status(client: ApiClient, method: str, path: str, body: dict[str, Any] | None) -> str:
    """The call's answer; what it wrote is taken back, so that each call meets the same world."""
    # Not atomic(): services insist on being outermost, and a bare savepoint does not count.
    mark = transaction.savepoint()
    try:
        return str(client.status_of(method, path, body))
    finally:
        transaction.savepoint_rollback(mark)


def _with_ids(path: str, ids: dict[str, Any]) -> str:
    """Each `{id}` of the path by what stands in front of it."""
    parts = path.split("{id}")
    made = parts[0]
    for number, part in enumerate(parts[1:], 1):
        made += str(ids["{id}".join(parts[:number])]) + part
    return made


def access_table(world: World) -> Iterator[str]:
    """One line per endpoint and method: the status that each role gets for it, with an empty body where one is due."""
    clients = world.clients()
    ids = world.ids()
    yield " | ".join(("endpoint", *ROLES))
    for path, view in sorted(endpoints().items()):
        concrete = _with_ids(path, ids)
        for method in METHODS:
            if hasattr(view, method.lower()):
                name = f"{method} {path}"
                body = None if method in ("GET", "DELETE") else BODIES.get(name, dict)()
                yield " | ".join((name, *(_status(client, method, concrete, body) for client in clients.values())))
