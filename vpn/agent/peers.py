"""The peers of this node: what is wanted, what is on the interface, and the counters of both, kept in step.

The order of steps is what makes a crash harmless. First the intention is committed to disk (with the last
counters of a peer that is to go), then the interface is changed, then the revision counts as applied. A
crash in between leaves an interface that the next full pass brings to the intention on disk.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from vpn.agent.backends.base import Backend, BackendError, DesiredPeer, DeviceState, InterfaceGone, PeerState
from vpn.agent.counters import CounterBook
from vpn.agent.desired import Changes, Snapshot
from vpn.agent.logs import log_event
from vpn.agent.reconcile import chunks, difference, is_mass_removal
from vpn.agent.store import Store

MAX_NOTES: Final = 1000
NOTE_LENGTH: Final = 300


class PeerKeeper:
    """Not thread-safe: the node's lock covers it.

    `backend` is set whenever the interface has been found or made.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.backend: Backend | None = None
        self.wanted, self._held = store.load_peers()
        self.book = CounterBook(store.load_counters(), store.load_finals())
        self.epoch = store.get("epoch")
        self.cursor = store.get_int("cursor")
        self.acknowledged = store.get_int("acknowledged")
        self.notes: list[tuple[str, str]] = []

    @property
    def is_holding(self) -> bool:
        """Tell whether peers are held back from a refused mass removal: a later snapshot may carry the permission."""
        return bool(self._held)

    def note(self, code: str, detail: str) -> None:
        """Keep a remark for the next report; what is not printable in it came from outside and is replaced."""
        log_event(code, detail=detail)
        if len(self.notes) < MAX_NOTES:
            printable = "".join(sign if sign.isprintable() else "?" for sign in detail)
            self.notes.append((code, printable[:NOTE_LENGTH]))

    def apply_changes(self, changes: Changes) -> None:
        """Bring the ops to disk and to the interface; raises BackendError, after which a full pass must follow."""
        backend = self._backend()
        for code, detail in changes.notes:
            self.note(code, detail)
        removals = [key for key, peer in changes.peers.items() if peer is None]
        upserts = [peer for peer in changes.peers.values() if peer is not None]
        if removals:
            self._observe(backend.read_peers(removals))
        for peer in upserts:
            if peer.public_key not in self.book:
                self.book.open(peer.public_key)
        with self._store.transaction(durable=bool(removals)):
            self._store.drop_peers(removals)
            self._store.put_peers(upserts)
            self._store.put(epoch=changes.epoch, cursor=changes.to)
            self._store.write_counters(self.book.unsaved())
        self.book.mark_saved()
        self.epoch, self.cursor = changes.epoch, changes.to
        for key in removals:
            self.wanted.pop(key, None)
        self.wanted.update((peer.public_key, peer) for peer in upserts)
        self._held.difference_update(changes.peers)
        self._remove(removals)
        self._upsert(upserts)
        self._acknowledge()

    def apply_snapshot(self, snapshot: Snapshot) -> None:
        """Bring a whole snapshot to disk and to the interface by single peers; raises BackendError.

        A snapshot that would remove very many peers without saying so adds and updates only; the others are
        held, on disk too, so that a reboot does not remove them either, and the revision stays
        unacknowledged.
        """
        real = self._backend().read().peers
        extra = [key for key in real if key not in snapshot.peers]
        held: list[DesiredPeer] = []
        if is_mass_removal(extra, len(real)) and not snapshot.allow_mass_removal:
            held = [DesiredPeer(key, real[key].allowed_ips, real[key].preshared_key) for key in extra]
            if not self._held.issuperset(extra):
                self.note("mass_removal_refused", f"{len(extra)} of {len(real)} peers")
        with self._store.transaction(durable=True):
            self._store.drop_peers(self.wanted)
            self._store.put_peers(snapshot.peers.values())
            self._store.put_peers(held, held=True)
            self._store.put(epoch=snapshot.epoch, cursor=snapshot.to)
        if snapshot.epoch != self.epoch:
            self.acknowledged = 0
        self.epoch, self.cursor = snapshot.epoch, snapshot.to
        self.wanted = {**snapshot.peers, **{peer.public_key: peer for peer in held}}
        self._held = {peer.public_key for peer in held}
        self.full_pass(guard=False)

    def full_pass(self, guard: bool = True) -> DeviceState:
        """Read the whole interface, count, put right what differs from the intention; returns the result.

        Until a first snapshot has been applied nothing is known to be foreign, and nothing is removed. Raises
        BackendError.
        """
        backend = self._backend()
        device = backend.read()
        real = device.peers
        self._observe(real)
        todo = difference(self.wanted, real)
        remove = todo.remove if self.epoch else []
        if guard and is_mass_removal(remove, len(real)):
            self.note("mass_removal_refused", f"{len(remove)} of {len(real)} peers")
            remove = []
        for key in self.book.keys() - real.keys() - self.wanted.keys():
            self.book.close(key)
        for key in remove:
            if key not in self.book:
                self.note("foreign_peer_removed", key)
        for peer in todo.add:
            self.book.open(peer.public_key)
        self._save_counters()
        self._remove(remove)
        self._upsert([*todo.add, *todo.update])
        self._acknowledge()
        return backend.read() if remove or todo.add or todo.update else device

    def interface_renewed(self) -> None:
        """End all counter epochs, on disk too: the interface counts from zero again."""
        self.book.close_all()
        self._save_counters(durable=True)

    def count(self) -> None:
        """Read the counters once more and keep them, changing nothing on the interface; raises BackendError."""
        self._observe(self._backend().read().peers)
        self._save_counters(durable=True)

    def _backend(self) -> Backend:
        if self.backend is None:
            raise InterfaceGone("the interface has not been made yet")
        return self.backend

    def _observe(self, real: Mapping[str, PeerState]) -> None:
        ours = [peer for key, peer in real.items() if key in self.wanted or key in self.book]
        self.book.observe(ours, time.monotonic(), time.time())

    def _remove(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        for chunk in chunks(keys):
            self._backend().remove(chunk)
        for key in keys:
            self.book.close(key)
        self._save_counters()

    def _upsert(self, peers: Sequence[DesiredPeer]) -> None:
        for chunk in chunks(peers):
            try:
                self._backend().upsert(chunk)
            except InterfaceGone:
                raise
            except BackendError:
                self._upsert_singly(chunk)

    def _upsert_singly(self, peers: Iterable[DesiredPeer]) -> None:
        """Apply peers one at a time, so that one that the interface refuses does not stop the others."""
        for peer in peers:
            try:
                self._backend().upsert([peer])
            except InterfaceGone:
                raise
            except BackendError as error:
                self.note("apply_failed", f"{peer.public_key} {error}")

    def _save_counters(self, durable: bool = False) -> None:
        with self._store.transaction(durable):
            self._store.write_counters(self.book.unsaved())
        self.book.mark_saved()

    def _acknowledge(self) -> None:
        if self._held or self.acknowledged == self.cursor:
            return
        self.acknowledged = self.cursor
        with self._store.transaction():
            self._store.put(acknowledged=self.acknowledged)
