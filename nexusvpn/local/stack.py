"""What `make run` runs: web, waiting nodes, jobs and, where the machine allows it, a local WireGuard node."""

from __future__ import annotations

import http.client
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nexusvpn.local import payments, places, ports
from nexusvpn.local.node import LocalNode, local_node
from nexusvpn.local.places import LocalServiceError
from nexusvpn.local.postgres import Cluster
from nexusvpn.local.processes import Supervisor, ignore_interrupts, interruptible

WEB_WITHIN_S = 60.0
# Each worker's queues. Mail and payments have workers of their own: a mail server or a Stripe that answers nobody holds up nothing else.
WORKERS = {"jobs": ["fleet", "periodic"], "mails": ["mail"], "payments": ["payments"]}
KEPT_SIGN_INS = (
    "Demo sign-ins are made in an empty database and shown once; this one was not empty. A new password:\n"
    "  .venv/bin/python manage.py changepassword customer@demo.example"
)


@dataclass(frozen=True)
class Product:
    """What the stack needs of the product; the management command supplies it, since this package knows no Django.

    `prepare` takes the local node's address, or "", brings the database up to date and returns the demo sign-ins as
    text, or "" if none were made. `issue_token` returns a one-time enrolment token for the server of the local node.
    `push_catalogue` brings plans and prices to the sandbox that the environment given to it names.
    """

    prepare: Callable[[str], str]
    issue_token: Callable[[], str]
    push_catalogue: Callable[[Mapping[str, str]], object]
    allowed_hosts: Sequence[str]
    debug: bool


@dataclass
class Stack:
    product: Product
    port: int
    supervisor: Supervisor = field(default_factory=lambda: Supervisor(max(map(len, WORKERS))))

    def run(self) -> None:
        """Serves until a signal comes (then raises Interrupted) or a program ends (then raises ChildEnded).

        Raises LocalServiceError or TimeoutError when something that cannot be left out does not start.
        """
        if not ports.is_free(self.port):
            raise LocalServiceError(
                f"Port {self.port} is taken by another program. "
                f"End it, or choose another port: PORT={self.port + 10} make run"
            )
        poll_port = ports.first_free(self.port + 1)
        if poll_port is None:
            raise LocalServiceError(f"None of the twenty ports after {self.port} is free.")
        with interruptible(), local_node(os.environ["DATABASE_URL"]) as node:
            try:
                self._serve(node, poll_port)
            finally:
                ignore_interrupts()
                print("Stopping …", flush=True)
                self.supervisor.stop()

    def _serve(self, node: LocalNode | str, poll_port: int) -> None:
        sandbox = self._start_sandbox(poll_port + 1)
        sign_ins = self.product.prepare(node.network.node_address if isinstance(node, LocalNode) else "")
        started = time.monotonic()
        if sandbox:
            self.supervisor.wait_until(lambda: payments.is_sandbox(sandbox), "The Stripe sandbox", WEB_WITHIN_S)
            payments.note_address(sandbox)
            self.product.push_catalogue(payments.environment(sandbox))
        self._start_programs(node, poll_port, payments.environment(sandbox) if sandbox else {})
        self.supervisor.wait_until(lambda: _answers(self.port), "The web process", WEB_WITHIN_S)
        up = lambda: ports.accepts_connections(poll_port)  # noqa: E731
        self.supervisor.wait_until(up, "The process for waiting nodes", WEB_WITHIN_S)
        node = self._start_node(node)
        seconds = time.monotonic() - started
        print(self._summary(node, poll_port, sign_ins, seconds, _payments(sandbox)), flush=True)
        self.supervisor.watch()

    def _start_sandbox(self, from_port: int) -> str:
        """Its address; "" where there is a key of Stripe's, or where nothing may be given away for made-up money."""
        if os.environ.get("STRIPE_SECRET_KEY") or not self.product.debug:
            return ""
        port = ports.first_free(from_port)
        if port is None:
            raise LocalServiceError(f"None of the twenty ports after {from_port - 1} is free.")
        webhooks = f"http://{ports.LOOPBACK}:{self.port}/webhooks/stripe/"
        self.supervisor.start("stripe", payments.command(port, webhooks), {**os.environ, "DEBUG": "true"})
        return f"http://{ports.LOOPBACK}:{port}"

    def _start_programs(self, node: LocalNode | str, poll_port: int, more: Mapping[str, str]) -> None:
        hosts = [ports.LOOPBACK, *([node.network.host_address] if isinstance(node, LocalNode) else [])]
        env = {
            "SITE_URL": f"http://{ports.LOOPBACK}:{self.port}",
            **os.environ,
            **more,
            "ALLOWED_HOSTS": ",".join([*self.product.allowed_hosts, *hosts[1:]]),
            # The last one is the one that the local node reaches, where there is one.
            "NODE_POLL_URL": f"http://{hosts[-1]}:{poll_port}",
        }
        python = sys.executable
        gunicorn = [python, "-m", "gunicorn", "--reuse-port", "--no-control-socket", "--log-level", "warning"]
        gunicorn += ["--graceful-timeout", "5"]
        web = ["--worker-class", "nexusvpn.web_worker.WebWorker", "--workers", "2", "--threads", "8"]
        # A configuration's query may name many networks.
        web += ["--limit-request-line", "8190", *_binds(hosts, self.port)]
        waiting = ["--worker-class", "nexusvpn.waiting_worker.WaitingWorker", *_binds(hosts, poll_port)]
        self.supervisor.start("web", [*gunicorn, *web, "nexusvpn.wsgi:application"], env)
        self.supervisor.start("nodes", [*gunicorn, *waiting, "nexusvpn.asgi:application"], env)
        worker = [python, str(places.CHECKOUT / "manage.py"), "procrastinate", "worker"]
        for name, queues in WORKERS.items():
            self.supervisor.start(name, [*worker, "--queues", ",".join(queues)], env)

    def _start_node(self, node: LocalNode | str) -> LocalNode | str:
        """The node, enrolled and running, or why there is none: everything else works without it."""
        if isinstance(node, str):
            return node
        try:
            node.enrol(f"http://{node.network.host_address}:{self.port}", self.product.issue_token())
        except LocalServiceError as error:
            return str(error)
        node.run(self.supervisor)
        return node

    def _summary(self, node: LocalNode | str, poll_port: int, sign_ins: str, seconds: float, payments_row: str) -> str:
        embedded = os.environ["DATABASE_URL"] == Cluster("main", True, places.CHECKOUT).url
        rows = {
            "web": f"http://{ports.LOOPBACK}:{self.port}",
            "waiting nodes": f"http://{ports.LOOPBACK}:{poll_port}",
            "jobs": "a worker, one for mail and one for payments",
            "database": "embedded PostgreSQL, also for .venv/bin/python manage.py …" if embedded else "DATABASE_URL",
            "limits": "counted in Redis" if os.environ.get("REDIS_URL") else "counted in PostgreSQL (no REDIS_URL)",
            "mail": "sent through EMAIL_URL" if os.environ.get("EMAIL_URL") else "only printed here (no EMAIL_URL)",
            "payments": payments_row,
            "VPN node": f"not running: {node}"
            if isinstance(node, str)
            else f"a real one, server demo-1, at {node.network.node_address} on this machine",
        }
        lines = ["", f"NexusVPN is running at http://{ports.LOOPBACK}:{self.port} (started in {seconds:.1f} s)", ""]
        lines += [f"  {name:<14} {what}" for name, what in rows.items()]
        lines += ["", sign_ins.strip() or KEPT_SIGN_INS]
        return "\n".join([*lines, "", "Ctrl-C ends it.", ""])


def _payments(sandbox: str) -> str:
    if sandbox:
        controls = f"its clock and faults are at {sandbox}/_sandbox/ (ADR 15)"
        return f"a Stripe sandbox, no money: card {payments.TEST_CARDS}; {controls}"
    if not os.environ.get("STRIPE_SECRET_KEY"):
        return "none: without DEBUG they need STRIPE_SECRET_KEY"
    host = os.environ.get("STRIPE_API_HOST")
    return f"through the Stripe sandbox at {host}" if host else "through Stripe, with STRIPE_SECRET_KEY"


def _binds(hosts: Sequence[str], port: int) -> list[str]:
    return [part for host in hosts for part in ("--bind", f"{host}:{port}")]


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/api/health/liveness")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
