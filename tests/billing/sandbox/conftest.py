"""A sandbox of its own for every test, and a receiver of its webhooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe

from billing.sandbox.server import serve
from tests.billing.sandbox.hooks import SECRET, receiver
from tests.billing.sandbox.world import KEY, World


@pytest.fixture
def world() -> Iterator[World]:
    retries = (0.05, 0.1, 0.1)
    with receiver() as hooks, serve(webhook_url=hooks.url, webhook_secret=SECRET, retry_after=retries) as server:
        http = stripe.RequestsClient(timeout=5)
        client = stripe.StripeClient(KEY, base_addresses={"api": server.url}, http_client=http, max_network_retries=0)
        yield World(server, hooks, client)
        http.close()
