"""A receiver of webhooks that keeps what it gets, and may refuse it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

SECRET = "whsec_only_for_tests_0123456789abcdef"


@dataclass
class Received:
    body: bytes
    signature: str

    @property
    def event(self) -> stripe.Event:
        """Raises if the signature is not right."""
        event: stripe.Event = stripe.Webhook.construct_event(self.body, self.signature, SECRET)  # type: ignore[no-untyped-call]
        return event


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.received: list[Received] = []
        self.answer: Callable[[int], int] = lambda number: 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/webhooks/stripe/"

    def types(self) -> list[str]:
        return [one.event.type for one in self.received]

    def ids(self) -> list[str]:
        return [one.event.id for one in self.received]


class _Hook(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(Received(body, self.headers["Stripe-Signature"]))
        self.send_response(self.server.answer(len(self.server.received)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """The shop's own pages, to which Stripe's lead back."""
        body = b"<!doctype html><title>Shop</title><h1>Thank you</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)
