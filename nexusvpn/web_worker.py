"""What runs `nexusvpn.wsgi`: `gunicorn --worker-class nexusvpn.web_worker.WebWorker --threads 8 nexusvpn.wsgi`.

gunicorn's threads with one thing more: whoever asks whether the process lives, or is well, has threads of their own. However many
requests wait for a database that hangs, the answer to "are you there?" waits for none of them, and a supervisor that asks does not
kill a process that would recover by itself.
"""

from __future__ import annotations

import re
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import DEFAULT_WORKER_DATA_TIMEOUT, TConn, ThreadWorker

# More than the head of a probe's request has; a longer one is a request like any other.
HEAD_BYTES = 4096
LIVENESS = (b"/api/health/liveness",)
HEALTH = (b"/api/health", b"/api/health/readiness")
# Health may take its seconds, and liveness does not wait for it.
LANES = {LIVENESS: 1, HEALTH: 2}
_BODY = re.compile(rb"\r\n(content-length|transfer-encoding|expect|upgrade)", re.IGNORECASE)


class WebWorker(ThreadWorker):
    def init_process(self) -> None:
        lanes = [(paths, ThreadPoolExecutor(threads)) for paths, threads in LANES.items()]
        self._lanes = {path: lane for paths, lane in lanes for path in paths}
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to a thread, once its request has begun to arrive."""
        beginning = _arrived(conn.sock)
        if beginning is None and not conn.initialized and not conn.data_ready:
            # An idle connection costs no thread.
            self._await_request(conn)
            return
        threads: Any = self._lanes.get(_probe_in(beginning or b""), self.tpool)
        threads.submit(self.handle, conn).add_done_callback(partial(self._handled, conn))

    def _await_request(self, conn: TConn) -> None:
        conn.timeout = time.monotonic() + DEFAULT_WORKER_DATA_TIMEOUT
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _handled(self, conn: TConn, outcome: Future[Any]) -> None:
        self.method_queue.defer(self.finish_request, conn, outcome)


def _arrived(link: socket.socket) -> bytes | None:
    """What can be read of the connection now, left where it is; None if nothing has arrived."""
    try:
        return link.recv(HEAD_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except (OSError, ValueError):
        # Of a connection that gunicorn itself encrypts nothing can be seen.
        return None


def _probe_in(beginning: bytes) -> bytes:
    """The address that this request asks for, if it is all there and has no body; otherwise none.

    The kept threads are few: one that waited for the rest of a request would be missing.
    """
    head, end, _ = beginning.partition(b"\r\n\r\n")
    method, _, rest = head.partition(b" ")
    if not end or method not in (b"GET", b"HEAD") or not rest.startswith(HEALTH[0]) or _BODY.search(head):
        return b""
    return rest.partition(b" ")[0].partition(b"?")[0].rstrip(b"/")
