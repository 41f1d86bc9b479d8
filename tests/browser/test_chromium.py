"""A change of the machine's networks ends what any other Chromium is loading, and not what ours is."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import ARGUMENTS, launched
from tests.live.requirements import missing_for_browser, missing_for_tunnels, need
from tests.live.stack import Stack

pytestmark = pytest.mark.live

LOADS = 5


@contextmanager
def networks_that_come_and_go() -> Iterator[None]:
    name, over = f"nv{uuid4().hex[:8]}", Event()

    def change() -> None:
        while not over.wait(0.02):
            subprocess.run(["ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}p"], check=True)
            subprocess.run(["ip", "address", "add", "192.0.2.77/32", "dev", name], check=True)
            subprocess.run(["ip", "link", "set", name, "up"], check=True)
            subprocess.run(["ip", "link", "delete", name], check=True)

    thread = Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def ordinary() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield browser
        browser.close()


def lost(browser: Browser, stack: Stack) -> list[str | None]:
    """Why requests failed while networks changed."""
    found: list[str | None] = []
    page = browser.new_page(base_url=stack.url)
    page.on("requestfailed", lambda request: found.append(request.failure))
    with networks_that_come_and_go():
        for _ in range(LOADS):
            page.goto("/admin/login/")
            page.evaluate("() => Promise.all([...Array(20)].map(() => fetch('/livez').catch(() => 0)))")
    return found


@pytest.mark.parametrize(("start", "loses"), [(launched, False), (ordinary, True)])
def test_pages_load_while_networks_change(
    stack: Stack, fresh_counts: None, start: Callable[[], AbstractContextManager[Browser]], loses: bool
) -> None:
    need(missing_for_browser())
    need(missing_for_tunnels())
    with start() as browser:
        found = lost(browser, stack)
    assert bool(found) is loses, found
