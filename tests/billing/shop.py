"""The product with a Stripe sandbox beside it: what tests about payments do there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe
from django.test import Client

from billing.sandbox.server import SandboxServer, serve
from billing.services.catalogue import push_catalogue
from tests.billing.sandbox.hooks import SECRET, Receiver, receiver
from tests.billing.sandbox.world import KEY, World
from tests.jobs import run_due_jobs

ADDRESS = "/webhooks/stripe/"


class Shop(World):
    """A sandbox to which the product is connected. Nothing is delivered by itself: `events` says what Stripe would have sent."""

    seen: set[str]

    def events(self) -> list[dict[str, Any]]:
        """Events that were not asked for before, the oldest first."""
        listed = [event.to_dict() for event in self.api.events.list({"limit": 100}).auto_paging_iter()]
        new = [event for event in reversed(listed) if event["id"] not in self.seen]
        self.seen |= {event["id"] for event in new}
        return new

    def deliver(self, event: dict[str, Any]) -> int:
        """One delivery, as Stripe makes it; the status that it was answered with."""
        body, signature = signed(event)
        headers = {"Stripe-Signature": signature}
        return Client().post(ADDRESS, body, content_type="application/json", headers=headers).status_code

    def catch_up(self) -> list[str]:
        """Deliver what happened since the last time and do the jobs that follow; returns the events' types."""
        new = self.events()
        assert [self.deliver(event) for event in new] == [200] * len(new)
        run_due_jobs("payments")
        return [event["type"] for event in new]


def signed(event: dict[str, Any] | bytes, secret: str = SECRET, at: int | None = None) -> tuple[bytes, str]:
    """The body and the `Stripe-Signature` header of a delivery."""
    body = event if isinstance(event, bytes) else json.dumps(event, default=str).encode()
    moment = int(time.time()) if at is None else at
    signature = stripe.WebhookSignature._compute_signature(f"{moment}.{body.decode()}", secret)  # type: ignore[no-untyped-call]
    return body, f"t={moment},v1={signature}"


def connect(settings: Any, server: SandboxServer) -> None:
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_API_BASE = server.url
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]


@contextmanager
def open_shop(settings: Any, hooks: Receiver) -> Iterator[Shop]:
    with serve() as server:
        connect(settings, server)
        http = stripe.RequestsClient(timeout=5)
        client = stripe.StripeClient(KEY, base_addresses={"api": server.url}, http_client=http, max_network_retries=0)
        shop = Shop(server, hooks, client)
        shop.seen = set()
        push_catalogue()
        yield shop
        http.close()  # type: ignore[no-untyped-call]


__all__ = ["ADDRESS", "Shop", "connect", "open_shop", "receiver", "signed"]
