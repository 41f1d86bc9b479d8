"""A control plane in one process that keeps the contract of docs/node-api.md, and breaks it on order."""

import gzip
import json
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from vpn.wireguard.state_hash import state_hash

Peer = dict[str, Any]
Sabotage = Callable[[BaseHTTPRequestHandler, str], bool]

NODE_ID = str(uuid.UUID(int=1))
TOKEN = "one-time-token"
CREDENTIAL = "nvn_test-credential"


class FakeControl:
    """Holds the desired peers and what nodes reported. `sabotage(handler, name)` may answer in its place."""

    def __init__(self, port: int = 0) -> None:
        self.changed = threading.Condition()
        self.epoch = str(uuid.uuid4())
        self.revision = 0
        self.peers: dict[str, Peer] = {}
        self.ops: list[dict[str, Any]] = []
        self.removed: list[str] = []
        self.interface = {"addresses": ["10.99.0.1/16", "fd00:99::1/64"], "listen_port": 51820, "mtu": 1420}
        self.reports: list[dict[str, Any]] = []
        self.usage: dict[tuple[str, int], tuple[int, int]] = {}
        self.enrolments: list[dict[str, Any]] = []
        self.requests: list[tuple[float, str]] = []
        self.allow_mass_removal = False
        self.credential = CREDENTIAL
        self.next_credential = ""
        self.rotate_credential = False
        self.sabotage: Sabotage | None = None
        self.report_interval_s = 0.4
        self.connections: set[socket.socket] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_for(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving, as a killed process does: open connections are cut. May be repeated."""
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def upsert(self, *peers: Peer) -> int:
        """Want these peers; returns the revision."""
        with self.changed:
            for peer in peers:
                self.revision += 1
                self.peers[peer["public_key"]] = peer
                self.ops.append({"rev": self.revision, "op": "upsert", **peer})
            self.changed.notify_all()
            return self.revision

    def remove(self, *keys: str) -> int:
        """Want these peers no more; returns the revision."""
        with self.changed:
            for key in keys:
                self.revision += 1
                self.peers.pop(key, None)
                self.ops.append({"rev": self.revision, "op": "remove", "public_key": key})
            self.changed.notify_all()
            return self.revision

    def new_epoch(self) -> None:
        """Order every node to take a snapshot."""
        with self.changed:
            self.epoch = str(uuid.uuid4())
            self.ops.clear()
            self.changed.notify_all()

    def snapshot(self) -> dict[str, Any]:
        """Return the answer to `GET snapshot`."""
        with self.changed:
            peers = list(self.peers.values())
            rows = ((p["public_key"], p["allowed_ips"], p["preshared_key"]) for p in peers)
            return {
                "epoch": self.epoch,
                "to": self.revision,
                "count": len(peers),
                "sha256": state_hash(rows),
                "complete": True,
                "allow_mass_removal": self.allow_mass_removal,
                "interface": self.interface,
                "peers": peers,
                "removed": self.removed,
            }

    def changes(self, epoch: str, after: int, wait_s: float) -> dict[str, Any] | None:
        """Return the answer to `GET state`, None where a resync is required."""
        deadline = time.monotonic() + wait_s
        with self.changed:
            while epoch == self.epoch and self.revision <= after and time.monotonic() < deadline:
                self.changed.wait(max(0.0, deadline - time.monotonic()))
            if epoch != self.epoch:
                return None
            ops = [op for op in self.ops if op["rev"] > after][:500]
            to = ops[-1]["rev"] if ops else self.revision
            more = to < self.revision
            return {"epoch": epoch, "from": after, "to": to, "more": more, "hung": True, "ops": ops}

    def take_report(self, report: dict[str, Any]) -> dict[str, Any]:
        """Store a report as the control plane does: counters are max-registers."""
        with self.changed:
            self.reports.append(report)
            for key, rx, tx, counter_epoch, _status in report["peers"]:
                had = self.usage.get((key, counter_epoch), (0, 0))
                self.usage[key, counter_epoch] = (max(had[0], rx), max(had[1], tx))
            rows = ((p["public_key"], p["allowed_ips"], p["preshared_key"]) for p in self.peers.values())
            differs = report["state_hash"] not in (None, state_hash(rows))
            resync = report["epoch"] != self.epoch or (differs and report["applied_rev"] == self.revision)
            self.changed.notify_all()
            return {
                "accepted": len(report["peers"]),
                "set_aside": [],
                "resync": resync,
                "report_interval_s": self.report_interval_s,
                "rotate_credential": self.rotate_credential,
            }

    def knows(self, authorization: str | None) -> bool:
        """Tell whether a request is the node's. The first use of the next credential ends the former one."""
        with self.changed:
            if self.next_credential and authorization == f"Bearer {self.next_credential}":
                self.credential, self.next_credential, self.rotate_credential = self.next_credential, "", False
            return authorization == f"Bearer {self.credential}"

    def total(self, key: str) -> tuple[int, int]:
        """Return the usage of a peer over all its counter epochs."""
        with self.changed:
            rows = [value for (owner, _), value in self.usage.items() if owner == key]
        return sum(row[0] for row in rows), sum(row[1] for row in rows)

    def wait_report(self, wanted: Callable[[dict[str, Any]], bool], timeout_s: float = 10.0) -> dict[str, Any]:
        """Return the first report from now on, or already there, that is wanted; raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        with self.changed:
            while True:
                for report in self.reports:
                    if wanted(report):
                        return report
                if not self.changed.wait(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError(f"no such report among {len(self.reports)}")

    def wait_applied(self, revision: int, timeout_s: float = 10.0) -> dict[str, Any]:
        """Return the first report that acknowledges the revision."""
        return self.wait_report(lambda r: r["applied_rev"] >= revision and r["epoch"] == self.epoch, timeout_s)


def _handler_for(control: FakeControl) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args: object) -> None:
            pass

        def setup(self) -> None:
            super().setup()
            control.connections.add(self.connection)

        def finish(self) -> None:
            control.connections.discard(self.connection)
            with suppress(OSError):
                super().finish()

        def do_GET(self) -> None:
            try:
                self._serve()
            except OSError:  # the agent hung up meanwhile, or a test cut the connection
                self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            url = urlsplit(self.path)
            name = url.path.removeprefix("/api/v1/node/")
            self.body = body
            control.requests.append((time.monotonic(), name))
            if control.sabotage is not None and control.sabotage(self, name):
                return
            if name == "enrol":
                self._enrol(body)
            elif not control.knows(self.headers.get("Authorization")):
                send_error(self, 401, "invalid_node_credential")
            elif name == "credential":
                control.next_credential = f"nvn_{uuid.uuid4().hex}"
                send_data(self, {"credential": control.next_credential})
            elif name == "report":
                send_data(self, control.take_report(body))
            elif name == "snapshot":
                nonce = parse_qs(url.query).get("nonce", [""])[0]
                send_data(self, {**control.snapshot(), "nonce": nonce, "node_id": NODE_ID}, packed=True)
            elif name == "state":
                query = {key: values[0] for key, values in parse_qs(url.query).items()}
                wait_s = float(query["wait"])
                answer = control.changes(query.get("epoch", ""), int(query["after"]), wait_s)
                if not control.knows(self.headers.get("Authorization")):
                    send_error(self, 401, "invalid_node_credential")
                elif answer is None:
                    send_error(self, 409, "resync_required")
                else:
                    send_data(self, answer)

        def _enrol(self, body: dict[str, Any]) -> None:
            control.enrolments.append(body)
            if body["token"] != TOKEN:
                send_error(self, 401, "invalid_enrolment_token")
                return
            data = {
                "node_id": NODE_ID,
                "credential": CREDENTIAL,
                "poll_url": None,
                "report_interval_s": control.report_interval_s,
                "interface": control.interface,
            }
            send_data(self, data, status=201)

    return Handler


def envelope(status: int, data: Any, code: str | None = None) -> bytes:
    """Return a body in the envelope of the public API."""
    body = {"status_code": status, "message": "", "data": data, "request_id": "r", "timestamp": "t"}
    if code:
        body["error"] = {"code": code}
    return json.dumps(body).encode()


def send_data(handler: BaseHTTPRequestHandler, data: Any, status: int = 200, packed: bool = False) -> None:
    """Answer with success."""
    content = envelope(status, data)
    headers = {}
    if packed and "gzip" in handler.headers.get("Accept-Encoding", ""):
        content, headers = gzip.compress(content, 1), {"Content-Encoding": "gzip"}
    send_raw(handler, status, content, headers=headers)


def send_error(handler: BaseHTTPRequestHandler, status: int, code: str, **headers: str) -> None:
    """Answer with an error of the API."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    send_raw(handler, status, envelope(status, None, code), headers=named)


def send_raw(
    handler: BaseHTTPRequestHandler,
    status: int,
    content: bytes,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
    announced: int | str | None = None,
) -> None:
    """Answer with anything at all.

    `announced` is a Content-Length that may be a lie, after which it hangs up.
    """
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(content) if announced is None else announced))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)
    if announced is not None and announced != len(content):
        handler.close_connection = True
