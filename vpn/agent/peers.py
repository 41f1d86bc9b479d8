"""The peers of this node: what is wanted, what is on the interface, and the counters of both, kept in step.

The order of steps is what makes a crash harmless. First the intention is committed to disk (with the last
counters of a peer that is to go), then the interface is changed, then the revision counts as applied. A
crash in between leaves an interface that the next full pass brings to the intention on disk.
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from vpn.agent.apply import remove_peers, upsert_peers
from vpn.agent.backends.base import Backend, DesiredPeer, DeviceState, InterfaceGone, PeerState
from vpn.agent.counters import CounterBook
from vpn.agent.desired import MALFORMED, Changes, Snapshot
from vpn.agent.handover import keys_around
from vpn.agent.intention import Intention, Step, plan_changes, plan_snapshot
from vpn.agent.logs import log_event
from vpn.agent.reconcile import difference, is_as_wanted, is_mass_removal
from vpn.agent.store import Store

MAX_NOTES: Final = 1000
NOTE_LENGTH: Final = 300


class PeerKeeper:
    """Not thread-safe: the node's lock covers it.

    `backend` is set whenever the interface has been found or made.
    """

    def __init__(self, store: Store) -> None:
        self.backend: Backend | None = None
        self.intention = Intention(store)
        self.book = CounterBook(store.load_counters(), store.load_finals(), totals=store.load_totals())
        self.notes: list[tuple[str, str]] = []
        self._refused_foreign: set[str] = set()
        self._stuck: set[str] = set()

    @property
    def epoch(self) -> str:
        """Return the control plane's epoch that the intention belongs to, empty before the first snapshot."""
        return self.intention.epoch

    @property
    def cursor(self) -> int:
        """Return the last revision that is on disk."""
        return self.intention.cursor

    @property
    def acknowledged(self) -> int:
        """Return the last revision that the interface shows."""
        return self.intention.acknowledged

    @property
    def is_holding(self) -> bool:
        """Tell whether peers are held back from a refused mass removal: a later snapshot may carry the permission."""
        return bool(self.intention.held)

    @property
    def is_handing_over(self) -> bool:
        """Tell whether a key waits to take another one's place."""
        return bool(self.intention.handovers)

    @property
    def is_removing(self) -> bool:
        """Tell whether somebody who was ordered off the node may still be connected."""
        return bool(self.intention.removals)

    def note(self, code: str, detail: str) -> None:
        """Keep a remark for the next report; what is not printable in it came from outside and is replaced."""
        log_event(code, detail=detail)
        if len(self.notes) < MAX_NOTES:
            printable = "".join(sign if sign.isprintable() else "?" for sign in detail)
            self.notes.append((code, printable[:NOTE_LENGTH]))

    def apply_changes(self, changes: Changes) -> None:
        """Bring the ops to disk and to the interface; raises InterfaceGone, after which a full pass must follow."""
        backend = self._backend()
        for code, detail in changes.notes:
            self.note(code, detail)
        around = keys_around(self.intention.handovers.values(), changes.takes_over)
        real = backend.read_peers(around) if around else {}
        step = plan_changes(self.intention, changes, real, time.monotonic())
        self._note_yielded(step)
        leaving = list(step.remove)
        self._observe(backend.read_peers(leaving) if leaving else {})
        for key in step.want:
            # A stranger's count is under way and does not begin at zero with this order.
            if key not in self.book and key not in self.book.totals:
                self.book.open(key, time.monotonic())
        self._commit(step, durable=bool(leaving))
        heirs = self._heirs(step.end | changes.takes_over.keys())
        others = [self.intention.target(key) for key in step.want if key not in heirs]
        refused = upsert_peers(backend, list(heirs.values()))
        if leaving:
            left = remove_peers(backend, leaving)
            self._settle(leaving, backend.read_peers(leaving), left)
        refused.update(upsert_peers(backend, [*step.hold.values(), *others]))
        self._take_failures({**refused, **changes.malformed})
        self._acknowledge()

    def apply_snapshot(self, snapshot: Snapshot) -> None:
        """Bring a whole snapshot to disk and to the interface by single peers; raises BackendError.

        While peers are held back from a removal that it does not permit, the revision stays unacknowledged.
        """
        real = self._backend().read().peers
        step = plan_snapshot(self.intention, snapshot, real, time.monotonic())
        if step.hold.keys() - self.intention.held:
            held = step.hold.keys() | (self.intention.held - step.drop - step.want.keys())
            self.note("mass_removal_refused", f"{len(held)} of {len(real)} peers")
        self._note_yielded(step)
        self._note_foreign(step.remove - self.intention.removals - snapshot.removed)
        self._commit(step, durable=True)
        self.full_pass()

    def full_pass(self) -> DeviceState:
        """Read the whole interface, count, put right what differs from the intention; returns the result.

        Until a first snapshot has been applied nothing is known to be foreign, and nothing is removed. Raises
        BackendError.
        """
        backend = self._backend()
        device = backend.read()
        real = device.peers
        self._observe_all(real)
        self._end_handovers(real)
        todo = difference(self.intention.targets(real), real)
        remove = self._to_remove(todo.remove, len(real))
        self._close(self.book.keys() - self.intention.wanted.keys(), real)
        for peer in todo.add:
            self.book.open(peer.public_key, time.monotonic())
        # Durable: a power cut then costs the traffic since this look, however long no report has arrived.
        self._commit(Step(settled=self.intention.removals - real.keys()), durable=True)
        # Whoever waited for addresses gets them before the one who had them goes: their client is sending already.
        heirs = {peer for peer in todo.update if not real[peer.public_key].allowed_ips}
        changed = [*todo.add, *todo.update]
        refused = upsert_peers(backend, list(heirs))
        left = remove_peers(backend, remove)
        refused.update(upsert_peers(backend, [peer for peer in changed if peer not in heirs]))
        if remove or changed:
            device = backend.read()
            self._settle(remove, device.peers, left)
        self._compare(changed, device.peers, refused)
        self._acknowledge()
        return device

    def look_at_handovers(self) -> bool:
        """Complete the handovers that are over; tells whether there were any. Raises BackendError.

        The addresses change hands before anything else is done: the client is sending already.
        """
        pending = self.intention.handovers.values()
        if not pending:
            return False
        backend = self._backend()
        real = backend.read_peers(keys_around(pending, {}))
        now = time.monotonic()
        over = [self.intention.wanted[handover.new] for handover in pending if handover.is_over(real, now)]
        if not over:
            return False
        upsert_peers(backend, over)
        self.full_pass()
        return True

    def mark_reported(self, epoch: str, revision: int) -> None:
        """Keep what the control plane has taken note of, unless it was about an epoch that has been left."""
        if epoch == self.epoch and revision != self.intention.reported:
            self._commit(Step(values={"reported": revision}))

    def interface_renewed(self) -> None:
        """End all counter epochs, on disk too: the interface counts from zero again."""
        self.book.close_all()
        self._commit(Step(), durable=True)

    def count(self) -> None:
        """Read the counters once more and keep them, changing nothing on the interface; raises BackendError."""
        self._observe_all(self._backend().read().peers)
        self._commit(Step(), durable=True)

    def _backend(self) -> Backend:
        if self.backend is None:
            raise InterfaceGone("the interface has not been made yet")
        return self.backend

    def _observe_all(self, real: Mapping[str, PeerState]) -> None:
        self._observe(real)
        self.book.totals.observe_strangers(peer for key, peer in real.items() if key not in self.book)

    def _observe(self, real: Mapping[str, PeerState]) -> None:
        ours = [peer for key, peer in real.items() if key in self.intention.wanted or key in self.book]
        self.book.observe(ours, time.monotonic(), time.time())

    def _commit(self, step: Step, durable: bool = False) -> None:
        self.intention.commit(step, self.book.unsaved(), durable)
        self.book.mark_saved()

    def _end_handovers(self, real: Mapping[str, PeerState]) -> None:
        """Decide that the old keys of handovers that are over go and the new ones get their addresses."""
        now = time.monotonic()
        over = [handover for handover in self.intention.handovers.values() if handover.is_over(real, now)]
        if over:
            olds = {handover.old for handover in over} & real.keys()
            self._commit(Step(end={handover.new for handover in over}, remove=olds), durable=True)

    def _heirs(self, keys: Iterable[str]) -> dict[str, DesiredPeer]:
        """Return those of the peers that come into their addresses now: set before their predecessors are removed."""
        intention = self.intention
        return {k: intention.wanted[k] for k in keys if k in intention.wanted and k not in intention.handovers}

    def _to_remove(self, extra: Sequence[str], present: int) -> list[str]:
        """Return who of those that are not wanted is to go: everybody ordered off, and the foreign ones if few."""
        ordered = [key for key in extra if key in self.intention.removals]
        foreign = {key for key in extra if key not in self.intention.removals} if self.epoch else set()
        if not is_mass_removal(foreign, present):
            self._refused_foreign = set()
            self._note_foreign(foreign)
            return [*ordered, *foreign]
        if foreign - self._refused_foreign:
            self.note("mass_removal_refused", f"{len(foreign)} of {present} peers")
        self._refused_foreign = foreign
        return ordered

    def _note_yielded(self, step: Step) -> None:
        for key, lost in step.yielded.items():
            self.note("held_peer_yielded", f"{key} {','.join(lost)}")

    def _note_foreign(self, keys: Iterable[str]) -> None:
        for key in keys:
            if key not in self.book:
                self.note("foreign_peer_removed", key)

    def _close(self, keys: Iterable[str], real: Collection[str]) -> None:
        """End the counters of those of the keys that are not on the interface."""
        for key in keys:
            if key not in real:
                self.book.close(key)

    def _settle(self, keys: Sequence[str], real: Collection[str], refused: Mapping[str, str]) -> None:
        """Take note of what became of removals: what counts is the interface as it was read afterwards."""
        self._close(keys, real)
        stuck = {key for key in keys if key in real}
        for key in stuck - self._stuck:
            self.note("apply_failed", f"{key} is still there: {refused.get(key, 'the removal had no effect')}")
        self._stuck = self._stuck.difference(keys) | stuck
        self._commit(Step(settled=self.intention.removals.intersection(keys) - stuck))

    def _compare(
        self, changed: Iterable[DesiredPeer], real: Mapping[str, PeerState], refused: Mapping[str, str]
    ) -> None:
        """Take note of who is not as wanted although it has just been set; everybody else is."""
        differing = [peer.public_key for peer in changed if not is_as_wanted(peer, real.get(peer.public_key))]
        failed = {key: refused.get(key, "the interface did not take it") for key in differing}
        works = {key for key, reason in self.intention.failures.items() if not reason.startswith(MALFORMED)}
        self._take_failures(failed, works - failed.keys())

    def _take_failures(self, failed: Mapping[str, str], mended: Collection[str] = ()) -> None:
        """Note each failure once; it is kept until the peer works or another order for it comes."""
        new = {key: reason for key, reason in failed.items() if key not in self.intention.failures}
        for key, reason in new.items():
            self.note("apply_failed", f"{key} {reason}")
        if new or mended:
            self._commit(Step(failed=new, mended=set(mended)))

    def _acknowledge(self) -> None:
        intention = self.intention
        if intention.held or intention.removals or intention.acknowledged == intention.cursor:
            return
        self._commit(Step(values={"acknowledged": intention.cursor}))
