"""Stripe's deliveries are answered at once, also while Stripe itself answers nothing."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.billing.shop import ADDRESS, signed
from tests.live.conftest import StackMaker
from tests.live.stack import Stack

pytestmark = pytest.mark.live
SECRET = "whsec_only_for_tests_0123456789abcdef"
SAMPLES = 200
# https://docs.stripe.com/webhooks#acknowledge-events-immediately; ours is far stricter.
WITHIN_S = 0.050
# Of liveness, where that alone takes longer than a third of it.
TIMES = 3


@pytest.fixture
def black_hole() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def stack(make_stack: StackMaker, black_hole: str) -> Stack:
    settings = {
        "STRIPE_SECRET_KEY": "sk_test_" + "a" * 24,
        "STRIPE_WEBHOOK_SECRETS": SECRET,
        "STRIPE_API_HOST": black_hole,
    }
    stack = make_stack(settings=settings)
    worker = [sys.executable, "manage.py", "procrastinate", "worker", "--queues", "payments", "--concurrency", "4"]
    stack.spawn("payments", worker)
    return stack


def deliver(stack: Stack, number: int) -> float:
    """How long an event of its own, on a connection of its own, takes to be answered."""
    about = {"id": f"sub_{number}", "object": "subscription", "customer": f"cus_{number % 8}"}
    event = {"id": f"evt_{number}", "object": "event", "type": "customer.subscription.updated", "livemode": False}
    body, signature = signed({**event, "created": int(time.time()), "data": {"object": about}})
    started = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", stack.port, timeout=10)) as link:
        link.request("POST", ADDRESS, body, {"Content-Type": "application/json", "Stripe-Signature": signature})
        answer = link.getresponse()
        said = json.loads(answer.read())
    took = time.perf_counter() - started
    assert (answer.status, said["message"]) == (200, "Success")
    return took


def is_alive(stack: Stack) -> float:
    """How long liveness takes to be answered, on a connection of its own as well."""
    started = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", stack.port, timeout=10)) as link:
        link.request("GET", "/api/health/liveness")
        assert link.getresponse().read()
    return time.perf_counter() - started


def compare(stack: Stack, begin: int) -> tuple[float, float]:
    """The p99 of deliveries and of liveness, asked by turns."""
    times = [(deliver(stack, number), is_alive(stack)) for number in range(begin, begin + SAMPLES)]
    return p99([one for one, _ in times]), p99([other for _, other in times])


def p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99) - 1]


def test_a_delivery_is_answered_at_once_while_stripe_answers_nothing(stack: Stack) -> None:
    for number in range(20):
        deliver(stack, number)
    # Jobs wait for Stripe by now, each with a connection and a transaction.
    deadline = time.monotonic() + 30
    while not stack.sql("SELECT 1 FROM procrastinate_jobs WHERE queue_name = 'payments' AND status = 'doing'"):
        assert time.monotonic() < deadline, stack.logs()
        time.sleep(0.05)
    rounds = [compare(stack, begin) for begin in (1_000, 2_000, 3_000)]
    shown = ", ".join(f"{one * 1000:.1f} ms (liveness {other * 1000:.1f} ms)" for one, other in rounds)
    print("p99 of each round:", shown)
    # A machine that is busy with something else says so at liveness, which touches nothing, in the same moments.
    assert any(one <= max(WITHIN_S, TIMES * other) for one, other in rounds), shown
    assert stack.sql("SELECT count(*) FROM billing_stripeevent") == [(20 + 3 * SAMPLES,)]
