"""A node that counts: the agent's own keeper and store, on an interface in memory, with everything that can go wrong.

What the peers really moved is known here, and how much of it may be missing: the traffic of one sample interval for each time that
counters vanished from under the agent (a power cut, an interface deleted, a peer taken off by hand).
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from vpn.agent.backends.base import DesiredPeer, DeviceState, PeerState
from vpn.agent.counters import Row
from vpn.agent.desired import Changes
from vpn.agent.peers import PeerKeeper
from vpn.agent.store import STORE_NAME, Store

EPOCH = "control-plane"


class Figures:
    """Bytes received and sent, by public key."""

    def __init__(self) -> None:
        self.by_key: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, key: str, rx: int, tx: int) -> None:
        figures = self.by_key[key]
        figures[0] += rx
        figures[1] += tx

    def move_to(self, other: Figures, keys: Iterable[str]) -> None:
        for key in list(keys):
            other.add(key, *self.by_key.pop(key, (0, 0)))


class KilledError(BaseException):
    """The agent's process ends here. Not an Exception: nothing of the agent may catch it."""


class MemoryInterface:
    """A `Backend`; `fuse` kills the agent at its n-th call from now, before or after the call takes effect."""

    def __init__(self) -> None:
        self.peers: dict[str, DesiredPeer] = {}
        self.moved: dict[str, list[int]] = {}
        self.fuse: tuple[int, bool] | None = None

    @contextmanager
    def _burning(self) -> Iterator[None]:
        left, afterwards = self.fuse or (0, False)
        self.fuse = (left - 1, afterwards) if left > 1 else None
        if left == 1 and not afterwards:
            raise KilledError
        yield
        if left == 1:
            raise KilledError

    def read(self) -> DeviceState:
        return DeviceState(None, 51820, self.read_peers(self.peers))

    def read_peers(self, public_keys: Collection[str]) -> dict[str, PeerState]:
        with self._burning():
            found = [self.peers[key] for key in public_keys if key in self.peers]
            return {peer.public_key: self._state(peer) for peer in found}

    def _state(self, peer: DesiredPeer) -> PeerState:
        rx, tx = self.moved[peer.public_key]
        return PeerState(peer.public_key, peer.allowed_ips, peer.preshared_key, rx, tx, 0)

    def configure(self, private_key: str, listen_port: int) -> None:
        raise AssertionError("nothing here configures the interface")

    def upsert(self, peers: Sequence[DesiredPeer]) -> None:
        with self._burning():
            for peer in peers:
                self.put_on(peer)

    def remove(self, public_keys: Sequence[str]) -> None:
        with self._burning():
            for key in public_keys:
                self.take_off(key)

    def put_on(self, peer: DesiredPeer) -> None:
        self.peers[peer.public_key] = peer
        self.moved.setdefault(peer.public_key, [0, 0])

    def take_off(self, key: str) -> None:
        self.peers.pop(key, None)
        self.moved.pop(key, None)


class FallibleStore(Store):
    """A store whose end can be lost. What a durable transaction has brought to the disk leaves the log at once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self._db.execute("PRAGMA wal_autocheckpoint = 0")

    @contextmanager
    def transaction(self, durable: bool = False) -> Iterator[None]:
        with super().transaction(durable):
            yield
        if durable:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def die(self, folder: Path) -> None:
        """Leave in `folder` what a kill leaves on the disk."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*-shm"))
        self.close()
        shutil.rmtree(self.folder)


def lose_unsynced(folder: Path, share: float) -> None:
    """Cut off a share of what no durable transaction has brought to the disk."""
    log = folder / f"{STORE_NAME}-wal"
    if log.exists():
        os.truncate(log, int(log.stat().st_size * (1 - share)))


class Agent:
    """One process of the agent. `unseen` is what peers have moved since its last whole look at the interface."""

    def __init__(self, folder: Path, interface: MemoryInterface, unseen: Figures) -> None:
        self.store = FallibleStore(folder)
        self.keeper = PeerKeeper(self.store)
        self.keeper.backend = interface
        self.unseen = unseen
        self.outstanding: list[Row] = []

    def report(self, limit: int) -> list[Row]:
        """The rows of the next report; the same ones again until they are accepted."""
        if not self.outstanding:
            self.outstanding = self.keeper.book.due_rows(limit)
        return self.outstanding

    def accepted(self) -> None:
        """The control plane's answer has arrived."""
        if self.outstanding:
            finals = self.keeper.book.accepted(self.outstanding)
            with self.store.transaction():
                self.store.drop_finals(finals)
        self.outstanding = []


class MeteredNode:
    """Any sequence of its events can be played: those that make no sense at the moment do nothing."""

    def __init__(self, folder: Path, keys: Sequence[str]) -> None:
        self._folder, self._lives = folder, 0
        self.keys = list(keys)
        self.truth, self.may_miss = Figures(), Figures()
        self.interface, self._renewed = MemoryInterface(), False
        # What is on the disk while no agent runs, and what peers have moved since somebody last looked.
        self._disk, self._unseen = self._next_folder(), Figures()
        self._disk.mkdir(parents=True)
        self._disturbed: set[str] = set()
        self._peers = {key: DesiredPeer(key, (f"10.0.0.{n + 2}/32",), None) for n, key in enumerate(keys)}
        self._revision, self._ops = 0, dict[str, tuple[int, DesiredPeer | None]]()
        self.agent: Agent | None = None
        # A second process with the same memory and credential, started before the first one had ended.
        self.twin: Agent | None = None
        self._order(self._peers)
        self.start()

    @property
    def agents(self) -> list[Agent]:
        return [agent for agent in (self.agent, self.twin) if agent is not None]

    def traffic(self, key: str, rx: int, tx: int) -> None:
        moved = self.interface.moved.get(key)
        if moved is not None:
            moved[0] += rx
            moved[1] += tx
            for figures in (self.truth, *([agent.unseen for agent in self.agents] or [self._unseen])):
                figures.add(key, rx, tx)

    def look(self) -> None:
        """A tick of every agent that runs."""
        for agent in self.agents:
            self._surviving(agent, self._look)

    def _look(self, agent: Agent) -> None:
        agent.keeper.full_pass()
        agent.unseen.move_to(self.may_miss, self._disturbed)
        self._disturbed.clear()
        agent.unseen = Figures()

    def order(self, key: str) -> None:
        """The control plane takes a peer off the node, or puts it back."""
        if self.twin is None:
            self._order({key: self._peers[key] if self._ops[key][1] is None else None})

    def _order(self, ops: Mapping[str, DesiredPeer | None]) -> None:
        for key, peer in ops.items():
            self._revision += 1
            self._ops[key] = (self._revision, peer)
        if self.agent is not None:
            self._surviving(self.agent, self._follow)

    def _follow(self, agent: Agent) -> None:
        """Take the ops that came after what is on the disk, each key's last one."""
        due = {key: peer for key, (revision, peer) in self._ops.items() if revision > agent.keeper.cursor}
        if due:
            agent.keeper.apply_changes(Changes(EPOCH, self._revision, False, True, due, []))

    def _surviving(self, agent: Agent, act: Callable[[Agent], None]) -> None:
        try:
            act(agent)
        except KilledError:
            self.interface.fuse = None
            self.kill()

    def kill(self) -> None:
        """SIGKILL: memory is lost, the disk is not. Of two processes one goes on."""
        if self.twin is not None:
            self.end_twin(keep_first=False)
        elif self.agent is not None:
            self._disk, self._unseen = self._next_folder(), self.agent.unseen
            self.agent.store.die(self._disk)
            self.agent = None

    def kill_within(self, calls: int, after: bool) -> None:
        """Kill the agent at its n-th call of the interface from now, before or after that takes effect."""
        if self.twin is None:
            self.interface.fuse = (calls, after)

    def power_cut(self, share: float) -> None:
        """The interface, the agent, and a share of what the disk had not synced."""
        if self.twin is None:
            self.kill()
            self._lose_interface()
            lose_unsynced(self._disk, share)

    def delete_interface(self) -> None:
        """Somebody deletes the interface; the agent notices at once and makes it anew."""
        if self.agent is not None and self.twin is None:
            self._lose_interface()
            self._surviving(self.agent, self._bring_back)

    def _lose_interface(self) -> None:
        unseen = self._unseen if self.agent is None else self.agent.unseen
        unseen.move_to(self.may_miss, unseen.by_key)
        self._disturbed.clear()
        self.interface, self._renewed = MemoryInterface(), True

    def take_off_by_hand(self, key: str, put_back: bool) -> None:
        """Somebody removes a peer behind the agent's back, and may add it again: then it counts from zero."""
        if key in self.interface.peers and self.twin is None:
            peer = self.interface.peers[key]
            self.interface.take_off(key)
            if put_back:
                self.interface.put_on(peer)
            self._disturbed.add(key)

    def start(self) -> None:
        """Start an agent where none runs."""
        if self.agent is None:
            self.agent = Agent(self._disk, self.interface, self._unseen)
            self._unseen = Figures()
            self._surviving(self.agent, self._bring_back)
        if self.agent is not None:
            self._surviving(self.agent, self._follow)

    def _bring_back(self, agent: Agent) -> None:
        """What `Node.ensure_interface` does."""
        agent.keeper.backend = self.interface
        if self._renewed:
            agent.keeper.interface_renewed()
            self._renewed = False
        self._look(agent)

    def start_twin(self) -> None:
        """Another process starts with a copy of the first one's memory while that still runs."""
        if self.agent is not None and self.twin is None and not self._disturbed and self.interface.fuse is None:
            folder = self._next_folder()
            shutil.copytree(self.agent.store.folder, folder, ignore=shutil.ignore_patterns("*-shm"))
            self.twin = Agent(folder, self.interface, Figures())
            self._look(self.twin)

    def end_twin(self, keep_first: bool) -> None:
        """One of the two processes ends."""
        if self.agent is not None and self.twin is not None:
            kept, gone = (self.agent, self.twin) if keep_first else (self.twin, self.agent)
            self.agent, self.twin = kept, None
            gone.store.close()
            shutil.rmtree(gone.store.folder)

    def settle(self) -> None:
        """Nothing goes wrong any more: one process, and a whole look at the interface."""
        self.interface.fuse = None
        self.end_twin(keep_first=True)
        self.start()
        self.look()

    def _next_folder(self) -> Path:
        self._lives += 1
        return self._folder / str(self._lives)
