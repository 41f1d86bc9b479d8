"""A real browser in front of a real server. Each test has its own context: no cookies, nothing stored."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from billing.sandbox.server import serve
from billing.sandbox.webhook_endpoints import place_endpoint
from nexusvpn.local import payments
from nexusvpn.local.assets import build_if_changed
from tests.browser.chromium import launched
from tests.browser.people import Person, new_person
from tests.browser.watch import Watch
from tests.factories.vpn import new_key
from tests.live.requirements import missing_for_browser, need
from tests.live.stack import Stack

# By name too: there are no passkeys for addresses.
SETTINGS = {"DEVICE_ACK_WAIT_MS": "0", "ALLOWED_HOSTS": "127.0.0.1,localhost"}
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """With the demo locations, of which the premium one has no server online, and with a Stripe sandbox to buy from."""
    need(missing_for_browser())
    build_if_changed()
    with serve() as sandbox:
        settings = {**SETTINGS, **payments.environment(sandbox.url)}
        made = Stack(os.environ["DATABASE_URL"], tmp_path_factory.mktemp("stack"), settings=settings)
        place_endpoint(sandbox.sandbox, f"{made.url}/webhooks/stripe/", payments.WEBHOOK_SECRET)
        yield from _running(made)


def _running(made: Stack) -> Iterator[Stack]:
    try:
        made.start()
        made.manage("create_demo_data")
        made.manage("push_catalogue")
        for name in ("demo-1", "demo-2"):
            made.put_in_service(name, new_key())
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not longer than a module: while its event loop lives, Django refuses the database to other tests of this process.
    need(missing_for_browser())
    expect.set_options(timeout=10_000)
    with launched() as program:
        yield program


@pytest.fixture
def fresh_counts(stack: Stack) -> None:
    """Every browser here has the same address; no test uses up another's attempts."""
    stack.sql("TRUNCATE nexusvpn_counter")


@pytest.fixture
def open_context(browser: Browser, stack: Stack, fresh_counts: None) -> Iterator[Callable[..., BrowserContext]]:
    """Contexts with a viewport and whatever else Playwright's `new_context` takes."""
    opened: list[BrowserContext] = []

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"base_url": stack.url, "viewport": WIDE, **options})
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def context(open_context: Callable[..., BrowserContext]) -> BrowserContext:
    return open_context()


@pytest.fixture
def watch(context: BrowserContext) -> Watch:
    return Watch(context)


@pytest.fixture
def person(stack: Stack, fresh_counts: None) -> Person:
    """A customer of the Pro plan, made over the API."""
    return new_person(stack, plan="pro")
