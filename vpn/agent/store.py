"""The agent's memory on disk: desired peers, pending removals, revision, report id and counters, in one SQLite file.

One change costs one small transaction instead of rewriting a file of 10,000 peers, and a transaction is on
disk wholly or not at all. Write-ahead logging makes every commit survive the end of the process; those that
must survive a power cut as well (a removal that is about to be acknowledged) ask for `durable`.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vpn.agent.backends.base import DesiredPeer
from vpn.agent.counters import BookChanges, CounterRecord, Row
from vpn.agent.handover import Handover
from vpn.agent.logs import log_event
from vpn.agent.totals import Figures, TotalChanges, TrafficTotal

STORE_NAME: Final = "state.sqlite3"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS peers (
    public_key TEXT PRIMARY KEY, allowed_ips TEXT NOT NULL, preshared_key TEXT, held INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS removals (public_key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (public_key TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS handovers (
    new_key TEXT PRIMARY KEY, old_key TEXT NOT NULL, deadline REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (
    public_key TEXT PRIMARY KEY, epoch INTEGER NOT NULL, base_rx INTEGER NOT NULL, base_tx INTEGER NOT NULL,
    rx INTEGER NOT NULL, tx INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS strangers (
    public_key TEXT PRIMARY KEY, rx INTEGER NOT NULL, tx INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS finals (
    public_key TEXT NOT NULL, epoch INTEGER NOT NULL, rx INTEGER NOT NULL, tx INTEGER NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY (public_key, epoch)
) WITHOUT ROWID;
"""


class Store:
    """One connection, used under the node's lock by whichever thread holds it."""

    def __init__(self, state_dir: Path, read_only: bool = False) -> None:
        """Open the file, or make it. With `read_only` it must exist, and nothing of it is changed or repaired."""
        self._path = state_dir / STORE_NAME
        if read_only:
            self._db = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)
            return
        try:
            self._db = self._open()
        except sqlite3.DatabaseError as error:
            # Without its memory the agent still serves: the next snapshot brings the peers, and counters
            # begin anew at what the interface shows. Starting with half a memory would be worse.
            log_event("state_damaged", kept_as=f"{STORE_NAME}.damaged", detail=type(error).__name__)
            self._set_aside()
            self._db = self._open()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self, durable: bool = False) -> Iterator[None]:
        """Commit all writes inside together; with `durable` they have reached the disk when this returns."""
        self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def get(self, name: str, default: str = "") -> str:
        """Return a single value kept under a name."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row[0])

    def get_int(self, name: str) -> int:
        """Return a single number, 0 if there is none."""
        return int(self.get(name, "0"))

    def put(self, **values: object) -> None:
        """Keep single values under their names."""
        rows = [(name, str(value)) for name, value in values.items()]
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def load_peers(self) -> tuple[dict[str, DesiredPeer], set[str]]:
        """Return the peers to serve, and the keys of those held back from a refused mass removal."""
        peers, held = {}, set()
        for key, allowed_ips, preshared, is_held in self._db.execute("SELECT * FROM peers"):
            peers[key] = DesiredPeer(key, tuple(filter(None, allowed_ips.split(","))), preshared)
            if is_held:
                held.add(key)
        return peers, held

    def put_peers(self, peers: Iterable[DesiredPeer], held: bool = False) -> None:
        """Add or replace peers."""
        rows = [(p.public_key, ",".join(p.allowed_ips), p.preshared_key, int(held)) for p in peers]
        self._db.executemany("INSERT OR REPLACE INTO peers VALUES (?, ?, ?, ?)", rows)

    def drop_peers(self, public_keys: Iterable[str]) -> None:
        """Remove peers."""
        self._db.executemany("DELETE FROM peers WHERE public_key = ?", [(key,) for key in public_keys])

    def load_removals(self) -> set[str]:
        """Return the keys that were ordered off the node and may still be on the interface."""
        return {key for (key,) in self._db.execute("SELECT public_key FROM removals")}

    def put_removals(self, public_keys: Iterable[str]) -> None:
        """Add pending removals."""
        self._db.executemany("INSERT OR IGNORE INTO removals VALUES (?)", [(key,) for key in public_keys])

    def drop_removals(self, public_keys: Iterable[str]) -> None:
        """Forget pending removals."""
        self._db.executemany("DELETE FROM removals WHERE public_key = ?", [(key,) for key in public_keys])

    def load_handovers(self) -> dict[str, Handover]:
        """Return the handovers under way by their new keys."""
        return {new: Handover(new, old, deadline) for new, old, deadline in self._db.execute("SELECT * FROM handovers")}

    def put_handovers(self, handovers: Iterable[Handover]) -> None:
        """Add handovers."""
        self._db.executemany("INSERT OR REPLACE INTO handovers VALUES (?, ?, ?)", handovers)

    def drop_handovers(self, new_keys: Iterable[str]) -> None:
        """Forget handovers."""
        self._db.executemany("DELETE FROM handovers WHERE new_key = ?", [(key,) for key in new_keys])

    def load_failures(self) -> dict[str, str]:
        """Return why by public key for the wanted peers that the interface does not take."""
        return dict(self._db.execute("SELECT public_key, reason FROM failures"))

    def put_failures(self, reasons: Mapping[str, str]) -> None:
        """Add failed peers."""
        self._db.executemany("INSERT OR REPLACE INTO failures VALUES (?, ?)", reasons.items())

    def drop_failures(self, public_keys: Iterable[str]) -> None:
        """Forget failed peers."""
        self._db.executemany("DELETE FROM failures WHERE public_key = ?", [(key,) for key in public_keys])

    def load_counters(self) -> list[CounterRecord]:
        """Return the open counter epochs."""
        return [CounterRecord(*row) for row in self._db.execute("SELECT * FROM counters")]

    def load_finals(self) -> list[Row]:
        """Return final figures that the control plane has not accepted yet."""
        rows = self._db.execute("SELECT public_key, rx, tx, epoch, status FROM finals")
        return [Row(*row) for row in rows]

    def load_totals(self) -> TrafficTotal:
        """Return the interface's total and the strangers in it.

        A file from before there was a total holds at least what its counters show of the present interface.
        """
        rx, tx = self.get("total_rx"), self.get("total_tx")
        if not rx:
            rx, tx = self._db.execute("SELECT total(rx), total(tx) FROM counters").fetchone()
        strangers = {key: Figures(*figures) for key, *figures in self._db.execute("SELECT * FROM strangers")}
        return TrafficTotal(Figures(int(rx), int(tx)), strangers)

    def write_counters(self, changes: BookChanges) -> None:
        """Write what changed in the counter book."""
        self._db.executemany("DELETE FROM counters WHERE public_key = ?", [(key,) for key in changes.dropped])
        self._db.executemany("INSERT OR REPLACE INTO counters VALUES (?, ?, ?, ?, ?, ?)", changes.records)
        finals = [(row.public_key, row.counter_epoch, row.rx, row.tx, row.status) for row in changes.finals]
        self._db.executemany("INSERT OR REPLACE INTO finals VALUES (?, ?, ?, ?, ?)", finals)

        self._write_totals(changes.totals)

    def _write_totals(self, changes: TotalChanges) -> None:
        self._db.executemany("DELETE FROM strangers WHERE public_key = ?", [(key,) for key in changes.gone])
        moved = [(key, *figures) for key, figures in changes.strangers.items()]
        self._db.executemany("INSERT OR REPLACE INTO strangers VALUES (?, ?, ?)", moved)
        if changes.total is not None:
            self.put(total_rx=changes.total.rx, total_tx=changes.total.tx)

    def drop_finals(self, rows: Iterable[Row]) -> None:
        """Forget final figures that have been accepted."""
        keys = [(row.public_key, row.counter_epoch) for row in rows]
        self._db.executemany("DELETE FROM finals WHERE public_key = ? AND epoch = ?", keys)

    def _open(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite's side files copy this mode
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_SCHEMA)
            if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("quick_check")
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    def _set_aside(self) -> None:
        for suffix in ("-wal", "-shm"):
            self._path.with_name(STORE_NAME + suffix).unlink(missing_ok=True)
        os.replace(self._path, self._path.with_name(STORE_NAME + ".damaged"))
