"""The HTTP server. From a test: `with serve() as server: stripe.api_base = server.url`."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from billing.sandbox import api, control, due, site
from billing.sandbox.deliveries import RETRY_AFTER
from billing.sandbox.errors import StripeError
from billing.sandbox.events import API_VERSION
from billing.sandbox.faults import Dropped
from billing.sandbox.guard import refuse_production
from billing.sandbox.keeping import Keeper
from billing.sandbox.pages import Answer
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.webhook_endpoints import place_endpoint

_log = logging.getLogger(__name__)
_LARGEST = 1 << 20


class SandboxServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only; port 0 is a free one. With a file it goes on from what it knew when it was stopped."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0, retry_after: Sequence[float] = RETRY_AFTER, file: Path | None = None) -> None:
        refuse_production(os.environ, sys.argv)
        super().__init__(("127.0.0.1", port), _Talk)
        self.sandbox = Sandbox(retry_after)
        self.sandbox.base_url = self.url
        self._keeper = Keeper(self.sandbox, file) if file else None
        if self._keeper:
            self._keeper.load()
        self._stopped = threading.Event()
        self._clockwork = threading.Thread(target=self._tick, name="sandbox clock", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start_threads(self) -> None:
        self.sandbox.deliveries.start()
        self._clockwork.start()

    def keep(self) -> None:
        if self._keeper:
            self._keeper.save()

    def stop_threads(self) -> None:
        self._stopped.set()
        self.sandbox.faults.over.set()
        self.sandbox.deliveries.stop()
        self._clockwork.join(5)
        self.keep()

    def _tick(self) -> None:
        """Real time passes too: what falls due by it happens within a second or so."""
        while not self._stopped.wait(1):
            with self.sandbox.lock:
                due.advance(self.sandbox, 0)
                self.sandbox.events.send()
                self.keep()


@contextmanager
def serve(
    *,
    port: int = 0,
    webhook_url: str = "",
    webhook_secret: str = "",
    retry_after: Sequence[float] = RETRY_AFTER,
    file: Path | None = None,
) -> Iterator[SandboxServer]:
    """A running sandbox in threads of this process."""
    with SandboxServer(port, retry_after, file) as server:
        if webhook_url:
            place_endpoint(server.sandbox, webhook_url, webhook_secret)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        server.start_threads()
        try:
            yield server
        finally:
            server.shutdown()
            server.stop_threads()
            thread.join(5)


class _Talk(BaseHTTPRequestHandler):
    server: SandboxServer
    protocol_version = "HTTP/1.1"
    # Small answers in several writes: without this each waits for the client's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses of pages are secrets, and the caller knows what it asked."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST:
            self.close_connection = True
            self._json(413, {"error": {"message": "The request is too large."}}, {})
            return
        body = self.rfile.read(length).decode("utf-8", "replace")
        parts = urlsplit(self.path)
        try:
            if parts.path.startswith("/v1/"):
                self._api(parts.path, parts.query, body)
            elif parts.path.startswith("/_sandbox/"):
                self._control(parts.path.removeprefix("/_sandbox/"), body)
            else:
                self._page(parts.path, parts.query, body)
        except Dropped:
            self.close_connection = True
        except Exception:  # noqa: BLE001  (logged, and answered as what it is)
            # A mistake of the sandbox's own. It is not Stripe's to refuse with, and must not look like a cut connection.
            _log.exception("The sandbox failed at %s %s", self.command, parts.path)
            self._json(500, {"error": {"type": "api_error", "message": "The sandbox made a mistake: see its log."}}, {})

    def _api(self, path: str, query: str, body: str) -> None:
        request_id = api.new_request_id()
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = api.Request(self.command, path, query, headers, body)
        status, found, more = api.answer(self.server.sandbox, request, request_id)
        if self.command != "GET":
            self.server.keep()
        self._json(status, found, {"Request-Id": request_id, "Stripe-Version": API_VERSION, **more})

    def _control(self, name: str, body: str) -> None:
        sandbox = self.server.sandbox
        try:
            values = json.loads(body or "{}")
            with sandbox.lock:
                found = control.call(sandbox, self.command, name, values)
                sandbox.events.send()
                self.server.keep()
        except ValueError:
            self._json(400, {"error": {"message": "The body is not JSON."}}, {})
        except StripeError as error:
            self._json(error.status, error.body(), {})
        else:
            self._json(200, found, {})

    def _page(self, path: str, query: str, body: str) -> None:
        sandbox = self.server.sandbox
        fields = {name: values[-1] for text in (query, body) for name, values in parse_qs(text).items()}
        with sandbox.lock:
            found = site.answer(sandbox, self.command, path, fields)
            sandbox.events.send()
            self.server.keep()
        self._write(found)

    def _json(self, status: int, found: Obj, headers: dict[str, str]) -> None:
        body = json.dumps(found, indent=2, ensure_ascii=False).encode()
        self._write(Answer(body, status, type="application/json"), headers)

    def _write(self, answer: Answer, headers: dict[str, str] | None = None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        if answer.location:
            self.send_header("Location", answer.location)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()


def run_for_ever(server: SandboxServer) -> None:
    """Until Ctrl-C."""
    server.start_threads()
    try:
        with suppress(KeyboardInterrupt):
            server.serve_forever()
    finally:
        server.stop_threads()
        server.server_close()
