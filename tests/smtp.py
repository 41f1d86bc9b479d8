"""A mail server that keeps what it is given, for tests that send for real."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message


class SmtpSink(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1. Whatever it has answered with 250 is in `received`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.received: list[Message] = []
        # Refuses every mail "for now", as a server does that is full.
        self.refuses = False
        # Called when the client says goodbye: it knows that its mail was taken, and has not yet gone on.
        self.at_quit: Callable[[], None] = lambda: None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def message_ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.received]


class _Talk(socketserver.StreamRequestHandler):
    server: SmtpSink

    def handle(self) -> None:
        try:
            self._say("220 sink")
            while line := self.rfile.readline():
                if not self._answer(line.decode("ascii", "replace").strip().upper()):
                    return
        except (ConnectionError, ValueError):
            return

    def _answer(self, command: str) -> bool:
        """Whether the talk goes on."""
        if command == "QUIT":
            self.server.at_quit()
            self._say("221 bye")
            return False
        if command == "DATA":
            self._say("354 go on")
            self._take()
        elif command.startswith("RCPT") and self.server.refuses:
            self._say("451 not now")
        else:
            self._say("250 ok")
        return True

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.server.received.append(email.message_from_bytes(b"".join(lines)))
        self._say("250 taken")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def smtp_sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        thread = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.shutdown()
            thread.join(5)
