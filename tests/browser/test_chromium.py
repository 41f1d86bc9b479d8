"""A change of the machine's networks ends what any other Chromium is loading, and not what ours is."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import ARGUMENTS, launched
from tests.live.requirements import missing_for_browser, missing_for_tunnels, need

pytestmark = pytest.mark.live

# So long is an answer under way that networks change meanwhile, several times.
ANSWER_S = 0.5
STAYS_S = 0.1
LOADS = 3
# More than it loads at once from one origin: what waits for its turn is lost.
IMAGES = 12
LOST = "net::ERR_NETWORK_CHANGED"


class Slow(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "image/png")
        self.end_headers()
        if self.path == "/":
            self.wfile.write(b"".join(b"<img src=/%d>" % number for number in range(IMAGES)))
        else:
            time.sleep(ANSWER_S)
            self.wfile.write(b"end")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: each request is one that the test made."""


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def networks_that_come_and_go() -> Iterator[None]:
    name, over = f"nv{uuid4().hex[:8]}", Event()

    def change() -> None:
        while not over.wait(0.02):
            subprocess.run(["ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}p"], check=True)
            subprocess.run(["ip", "address", "add", "192.0.2.77/32", "dev", name], check=True)
            subprocess.run(["ip", "link", "set", name, "up"], check=True)
            time.sleep(STAYS_S)
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


def lost(browser: Browser, site: str) -> int:
    """How many requests failed because networks changed."""
    found: list[str] = []
    page = browser.new_page()
    page.on("requestfailed", lambda request: found.append(request.url) if request.failure == LOST else None)
    with networks_that_come_and_go():
        for _ in range(LOADS):
            page.goto(site)
    return len(found)


@pytest.mark.parametrize(("start", "loses"), [(launched, False), (ordinary, True)])
def test_pages_load_while_networks_change(
    site: str, start: Callable[[], AbstractContextManager[Browser]], loses: bool
) -> None:
    need(missing_for_browser())
    need(missing_for_tunnels())
    with start() as browser:
        found = lost(browser, site)
    assert (found > 0) is loses, found
