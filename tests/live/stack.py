"""The product as it is served: a database of its own, gunicorn for people, the waiting process for nodes, the worker."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from nexusvpn.local.processes import end_with_parent
from tests.databases import ROOT, migrated_template, sibling_database


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@dataclass
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def data(self) -> Any:
        return self.body["data"]


def call(
    method: str,
    url: str,
    body: Any = None,
    token: str | None = None,
    timeout: float = 40,
    extra_headers: dict[str, str] | None = None,
) -> Answer:
    """One JSON request; an error status is an answer, not an exception."""
    headers = {"Content-Type": "application/json", **(extra_headers or {})}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return Answer(reply.status, json.loads(reply.read()), dict(reply.headers))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, json.loads(error.read()), dict(error.headers))


@dataclass
class Stack:
    """Start with `start()`, end with `stop()`; both processes of the control plane can be killed and started again."""

    base_database_url: str
    folder: Path
    hosts: list[str] = field(default_factory=lambda: ["127.0.0.1"])
    settings: dict[str, str] = field(default_factory=dict)
    workers: int = 2
    worker_class: str = "nexusvpn.web_worker.WebWorker"
    port: int = 0
    poll_port: int = 0
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database = f"live_{uuid4().hex[:12]}"
        self.database_url = sibling_database(self.base_database_url, self.database)
        self.port, self.poll_port = free_port(), free_port()
        # The last host is the one that nodes reach.
        self.node_host = self.hosts[-1]
        self.url = f"http://{self.hosts[0]}:{self.port}"
        self.node_url = f"http://{self.node_host}:{self.port}"
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in ("REDIS_URL", "DEVICE_ACK_WAIT_MS")},
            "DATABASE_URL": self.database_url,
            "DEBUG": "true",
            "LOG_LEVEL": "INFO",
            "ALLOWED_HOSTS": ",".join(self.hosts),
            "SITE_URL": self.url,
            "NODE_POLL_URL": f"http://{self.node_host}:{self.poll_port}",
            "NODE_REPORT_INTERVAL_SECONDS": "1",
            "EMAIL_URL": "console:",
            **self.settings,
        }

    def start(self) -> None:
        self._create_database()
        self.start_control_plane()

    def _create_database(self) -> None:
        template = migrated_template(self.base_database_url)
        with psycopg.connect(self.base_database_url, autocommit=True) as link:
            # By its files: copied through the log, an unlogged table could not be opened after a crash.
            link.execute(f'CREATE DATABASE "{self.database}" TEMPLATE "{template}" STRATEGY FILE_COPY')

    def start_control_plane(self) -> None:
        gunicorn = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning"]
        web = [*gunicorn, "-k", self.worker_class, "--threads", "8", "-w", str(self.workers), "--reuse-port"]
        waiting = [*gunicorn, "-k", "nexusvpn.waiting_worker.WaitingWorker", "-w", "1"]
        for host in self.hosts:
            web += ["-b", f"{host}:{self.port}"]
            waiting += ["-b", f"{host}:{self.poll_port}"]
        self.spawn("web", [*web, "nexusvpn.wsgi"])
        self.spawn("waiting", [*waiting, "nexusvpn.asgi"])
        self.wait_ready()

    def spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
        log.close()
        self._processes[name] = process
        return process

    def start_worker(self) -> None:
        self.spawn("worker", [sys.executable, "manage.py", "procrastinate", "worker"])

    def wait_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        poll = f"http://{self.hosts[0]}:{self.poll_port}/api/v1/node/state"
        for url, ready in ((f"{self.url}/api/health/readiness", 200), (poll, 401)):
            while True:
                try:
                    if call("GET", url, timeout=5).status == ready:
                        break
                except (OSError, ValueError):
                    pass
                if time.monotonic() > deadline:
                    pytest.fail(f"{url} was not ready in {seconds} s:\n{self.logs()}")
                time.sleep(0.05)

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in sorted(self.folder.glob("*.log")))

    def stop_control_plane(self, how: signal.Signals = signal.SIGKILL) -> None:
        for name in ("web", "waiting"):
            self.end(name, how)

    def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        process = self._processes.pop(name, None)
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def process_id(self, name: str) -> int:
        return self._processes[name].pid

    def stop(self) -> None:
        for name in list(self._processes):
            self.end(name)
        with psycopg.connect(self.base_database_url, autocommit=True) as link:
            link.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def api(self, method: str, path: str, body: Any = None, token: str | None = None) -> Answer:
        return call(method, f"{self.url}/api/v1/{path}", body, token)

    def new_customer(self, email: str, password: str = "a long enough secret", full_name: str = "") -> str:
        """Sign up, have the address verified, and sign in; returns the token."""
        account = {"email": email, "password": password}
        made = self.api("POST", "auth/register", {**account, "full_name": full_name})
        assert made.status == 201, made.body
        self.sql("UPDATE accounts_user SET email_verified_at = now() WHERE email = %s", email)
        signed_in = self.api("POST", "auth/login", account)
        assert signed_in.status == 200, signed_in.body
        return str(signed_in.data["token"])

    def put_in_service(self, server: str, public_key: str | None = None) -> None:
        """Let a server without a node be as if it had one that is heard for a day."""
        self.sql(
            "UPDATE vpn_server SET state = 'online', public_key = coalesce(%s, public_key) WHERE name = %s",
            public_key,
            server,
        )
        self.sql(
            "UPDATE vpn_nodestatus SET last_report_at = now() + interval '1 day'"
            " WHERE server_id = (SELECT id FROM vpn_server WHERE name = %s)",
            server,
        )

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as link:
            cursor = link.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []
