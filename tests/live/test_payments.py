"""Buying while Stripe hangs, and while the web process dies: with one database connection for everybody."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from billing.sandbox.server import SandboxServer, serve
from tests.billing.sandbox.hooks import SECRET, receiver
from tests.billing.sandbox.world import KEY, World
from tests.live.conftest import StackMaker
from tests.live.stack import Stack

pytestmark = pytest.mark.live
BASIC = {"plan": "basic", "interval": "month"}


@pytest.fixture
def world() -> Iterator[World]:
    with receiver() as hooks, serve() as server:
        http = stripe.RequestsClient(timeout=10)
        client = stripe.StripeClient(KEY, base_addresses={"api": server.url}, http_client=http, max_network_retries=0)
        yield World(server, hooks, client)
        http.close()  # type: ignore[no-untyped-call]


def stack_with(make_stack: StackMaker, server: SandboxServer, **settings: str) -> Stack:
    payments = {"STRIPE_SECRET_KEY": KEY, "STRIPE_API_HOST": server.url, "STRIPE_WEBHOOK_SECRETS": SECRET}
    stack = make_stack(workers=1, settings={**payments, **settings})
    stack.manage("push_catalogue")
    return stack


def test_who_waits_for_stripe_holds_up_nobody(make_stack: StackMaker, world: World) -> None:
    stack = stack_with(make_stack, world.server, DATABASE_POOL_SIZE="1")
    token = stack.new_customer("a@example.com")
    assert stack.api("GET", "billing/plans").status == 200
    world.post("faults", mode="timeout", count=100, seconds=8)
    with ThreadPoolExecutor(4) as others:
        began = time.monotonic()
        asked = [others.submit(_timed, stack, token) for _ in range(4)]
        slowest, served = 0.0, 0
        while not all(one.done() for one in asked):
            started = time.monotonic()
            # Asks the database, and with a pool of one would wait for as long as Stripe does.
            assert stack.api("GET", "billing/plans").status in (200, 429)
            slowest, served = max(slowest, time.monotonic() - started), served + 1
            time.sleep(0.1)
        assert time.monotonic() - began > 3
    for one in asked:
        took, status, retry_after = one.result()
        assert (status, int(retry_after) > 0) == (503, True)
        assert took <= 5
    assert served >= 10
    assert slowest < 1
    assert stack.sql("SELECT count(*) FROM billing_checkoutsession")[0][0] == 0
    assert stack.sql("SELECT count(*) FROM billing_stripecustomer")[0][0] == 0
    world.post("faults", mode="timeout", count=0)
    deadline = time.monotonic() + 20
    while (made := stack.api("POST", "billing/checkout", BASIC, token)).status == 503 and time.monotonic() < deadline:
        time.sleep(1)
    assert made.status == 200
    assert len(world.api.customers.list().data) == 1


def _timed(stack: Stack, token: str) -> tuple[float, int, str]:
    began = time.monotonic()
    answer = stack.api("POST", "billing/checkout", BASIC, token)
    return time.monotonic() - began, answer.status, answer.headers.get("Retry-After", "0")


@pytest.mark.parametrize("path", ["/v1/customers", "/v1/subscriptions", "/v1/checkout/sessions"])
def test_a_web_process_that_is_killed_while_it_asks_leaves_one_page(
    make_stack: StackMaker, world: World, path: str
) -> None:
    stack = stack_with(make_stack, world.server)
    token = stack.new_customer("a@example.com")
    # Stripe acts, and there is nobody any more to hear of it.
    world.post("faults", mode="slow", count=1, seconds=1.5, path=path)
    with ThreadPoolExecutor(1) as other:
        cut: Any = other.submit(stack.api, "POST", "billing/checkout", BASIC, token)
        time.sleep(1)
        stack.stop_control_plane(signal.SIGKILL)
        assert isinstance(cut.exception(20), OSError)
    time.sleep(1)
    stack.start_control_plane()
    made = stack.api("POST", "billing/checkout", BASIC, token)
    assert (made.status, made.data["state"]) == (200, "open")
    assert len(world.api.customers.list().data) == 1
    assert [one.id for one in world.api.checkout.sessions.list().data] == [made.data["id"]]
    assert world.open(made.data["url"], number="4242424242424242", expiry="12/34", cvc="123").status == 303
    assert len(world.api.charges.list().data) == 1
