"""Everything that a browser sends, and everything that it complains about."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request

# A page cannot see a violation that the policy only reports to the console, and the console not one that a worker has.
NOTE_VIOLATIONS = """
window.policyViolations = [];
addEventListener("securitypolicyviolation", (event) =>
  window.policyViolations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


def spellings(private_key: str) -> list[bytes]:
    """The ways in which a key in base64 could be written into a request."""
    raw = base64.b64decode(private_key)
    texts = [
        private_key.rstrip("="),
        quote(private_key, safe=""),
        quote_plus(private_key),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
        raw.hex().upper(),
        # The same again inside of another base64, whatever precedes it.
        *(base64.b64encode(b"." * before + private_key.encode())[4:-4].decode() for before in range(3)),
    ]
    return [raw, *(text.encode() for text in texts)]


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    # What the page has made itself.
    return "" if parts.scheme in {"data", "blob", "about"} else f"{parts.scheme}://{parts.netloc}"


@dataclass
class Watch:
    """Attach to a context before its first page; ask at the end."""

    context: BrowserContext
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    # What pages asked of other origins than their own; to be led there is another thing.
    strangers: list[str] = field(default_factory=list)
    # Statuses that a test asks for on purpose; Chromium writes every failed request to the console.
    expected: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.context.add_init_script(NOTE_VIOLATIONS)
        self.context.on("request", self._request)
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))

    def _request(self, request: Request) -> None:
        self.requests.append(request)
        if not request.is_navigation_request() and origin_of(request.url) not in {"", origin_of(request.frame.url)}:
            self.strangers.append(f"{request.frame.url} asked {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if any(f"status of {status} " in message.text for status in self.expected):
            return
        self.complaints.append(f"{message.type} on {message.location.get('url')}: {message.text}")

    def sent(self) -> list[bytes]:
        """Each request as one text: method, address, headers, body."""
        written = []
        for request in self.requests:
            headers = "\n".join(f"{name}: {value}" for name, value in request.all_headers().items())
            written.append(
                f"{request.method} {request.url}\n{headers}\n\n".encode() + (request.post_data_buffer or b"")
            )
        return written

    def assert_never_sent(self, private_key: str) -> None:
        sent = self.sent()
        assert sent
        for spelling in spellings(private_key):
            assert not [text for text in sent if spelling in text], "the private key left the browser"

    def assert_nothing_stored(self, page: Any, private_key: str) -> None:
        """Neither storage, nor cookies, nor the address of the page have the key."""
        kept = page.evaluate("async () => JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
        databases = page.evaluate("async () => [await indexedDB.databases(), await caches.keys()]")
        assert databases == [[], []]
        everything = f"{kept} {self.context.cookies()} {page.url}".encode()
        assert not [spelling for spelling in spellings(private_key) if spelling in everything]

    def assert_quiet(self) -> None:
        """Nothing to complain about, and no page has asked another origin than its own for anything."""
        assert not self.strangers, self.strangers
        violations = [
            violation for page in self.context.pages for violation in page.evaluate("window.policyViolations ?? []")
        ]
        found = self.complaints + violations
        assert not found, "\n".join(found)
