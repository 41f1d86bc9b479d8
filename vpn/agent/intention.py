"""What this node should be like: kept in memory and on disk, changed in both together or in neither."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vpn.agent.backends.base import DesiredPeer, PeerState
from vpn.agent.counters import BookChanges
from vpn.agent.desired import MALFORMED, Changes, Snapshot
from vpn.agent.handover import Handover, plan_handovers
from vpn.agent.overlap import AddressRanges
from vpn.agent.reconcile import is_mass_removal
from vpn.agent.store import Store


@dataclass(slots=True)
class Step:
    """One change of the intention. Sets and mappings are by public key.

    `drop` names peers that are neither wanted nor held any more, `remove` those that were ordered off the
    interface, `settled` those whose removal is done or called off. `failed` gives reasons why the interface does not
    take a wanted peer, `mended` names those of which that is no longer so. Handovers that `end` are named by their
    new keys. `values` go under their names. `yielded` tells which addresses held peers have lost to wanted ones.
    """

    want: dict[str, DesiredPeer] = field(default_factory=dict)
    hold: dict[str, DesiredPeer] = field(default_factory=dict)
    drop: set[str] = field(default_factory=set)
    remove: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    mended: set[str] = field(default_factory=set)
    begin: list[Handover] = field(default_factory=list)
    end: set[str] = field(default_factory=set)
    values: dict[str, str | int] = field(default_factory=dict)
    yielded: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Intention:
    """`wanted` holds what the control plane wants and, named in `held`, what a refused mass removal kept back.

    `removals` are keys that were ordered off this node and that the interface has not yet been seen without.
    `failures` tells why the interface does not take some of the wanted peers, and `handovers` by their new keys
    which of them wait to take another one's place. Of the control plane's revisions, `cursor` is the last one taken to
    disk, `acknowledged` the last one that the interface shows, and `reported` the last one of which the control plane
    has taken note.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.wanted, self.held = store.load_peers()
        self.removals = store.load_removals()
        self.failures = store.load_failures()
        self.handovers = store.load_handovers()
        self.epoch = store.get("epoch")
        self.cursor = store.get_int("cursor")
        self.acknowledged = store.get_int("acknowledged")
        self.reported = store.get_int("reported")

    def target(self, public_key: str) -> DesiredPeer:
        """Return how a wanted peer should be at present: without addresses while it waits for another one's place."""
        peer = self.wanted[public_key]
        return peer._replace(allowed_ips=()) if public_key in self.handovers else peer

    def targets(self, real: Mapping[str, PeerState]) -> dict[str, DesiredPeer]:
        """Return how the interface, which holds the `real` peers, should be at present."""
        if not self.handovers:
            return self.wanted
        olds = [real[handover.old] for handover in self.handovers.values() if handover.old in real]
        waiting = {key: self.target(key) for key in self.handovers}
        return {**self.wanted, **waiting, **{peer.public_key: DesiredPeer(*peer[:3]) for peer in olds}}

    def commit(self, step: Step, counters: BookChanges, durable: bool) -> None:
        """Bring a step and the counters that belong to it to disk in one transaction, then to memory."""
        store = self._store
        with store.transaction(durable):
            store.drop_peers(step.drop)
            store.put_peers(step.want.values())
            store.put_peers(step.hold.values(), held=True)
            store.drop_removals(step.settled)
            store.put_removals(step.remove)
            store.drop_failures(step.mended)
            store.put_failures(step.failed)
            store.drop_handovers(step.end)
            store.put_handovers(step.begin)
            store.put(**step.values)
            store.write_counters(counters)
        for key in step.drop:
            self.wanted.pop(key, None)
        self.wanted.update(step.want)
        self.wanted.update(step.hold)
        self.held = (self.held - step.drop - step.want.keys()) | step.hold.keys()
        self.removals = (self.removals - step.settled) | step.remove
        for key in step.mended:
            self.failures.pop(key, None)
        self.failures.update(step.failed)
        for key in step.end:
            self.handovers.pop(key, None)
        self.handovers.update((handover.new, handover) for handover in step.begin)
        for name, value in step.values.items():
            setattr(self, name, value)


def plan_changes(intention: Intention, changes: Changes, real: Mapping[str, PeerState], now: float) -> Step:
    """Return what ops change; `real` shows what `plan_handovers` has to see."""
    orders = {**dict.fromkeys(intention.removals), **changes.peers}
    plan = plan_handovers(intention.handovers, orders, changes.takes_over, real, now)
    removed = {key for key, peer in changes.peers.items() if peer is None} | plan.leave
    want = {key: peer for key, peer in changes.peers.items() if peer is not None}
    step = Step(
        want=want,
        drop=(removed | {handover.old for handover in plan.begin}) & intention.wanted.keys(),
        remove=removed,
        settled=set(want),
        begin=plan.begin,
        end=plan.end,
        mended=intention.failures.keys() & (changes.peers.keys() | changes.malformed.keys()),
        values={"epoch": changes.epoch, "cursor": changes.to},
    )
    held = {key: intention.wanted[key] for key in intention.held - changes.peers.keys() - step.drop}
    if held:
        _hold(step, intention, held, want.values())
    return step


def plan_snapshot(intention: Intention, snapshot: Snapshot, real: Mapping[str, PeerState], now: float) -> Step:
    """Return what a snapshot changes on a node whose interface holds the `real` peers.

    One that would remove very many peers that no order names, without saying so, adds and updates only: these
    peers are held, on disk too, so that a reboot does not remove them either. Otherwise whoever is not in the
    snapshot is ordered off as if by name, so that the order outlives a crash.
    """
    wanted = intention.wanted
    gone = [*intention.removals, *snapshot.removed, *intention.handovers]
    orders = {**dict.fromkeys(gone), **snapshot.peers}
    plan = plan_handovers(intention.handovers, orders, snapshot.takes_over, real, now)
    staying = {h.old for h in [*intention.handovers.values(), *plan.begin]} - plan.leave
    named = (intention.removals | snapshot.removed | plan.leave) - snapshot.peers.keys()
    extra = real.keys() - snapshot.peers.keys() - named - staying
    step = Step(
        want={k: peer for k, peer in snapshot.peers.items() if wanted.get(k) != peer or k in intention.held},
        drop=wanted.keys() - snapshot.peers.keys(),
        remove=named & real.keys(),
        settled=intention.removals & snapshot.peers.keys(),
        mended={
            key
            for key, reason in intention.failures.items()
            if snapshot.peers.get(key) != wanted.get(key) or reason.startswith(MALFORMED)
        },
        begin=plan.begin,
        end=plan.end,
        values={"epoch": snapshot.epoch, "cursor": snapshot.to},
    )
    if snapshot.epoch != intention.epoch:
        step.values.update(acknowledged=0, reported=0)
    if is_mass_removal(extra, len(real)) and not snapshot.allow_mass_removal:
        step.drop -= extra
        _hold(step, intention, {key: DesiredPeer(*real[key][:3]) for key in extra}, snapshot.peers.values())
    else:
        step.remove |= extra
    return step


def _hold(step: Step, intention: Intention, held: Mapping[str, DesiredPeer], wanted: Iterable[DesiredPeer]) -> None:
    """Hold peers, less the addresses that wanted peers need.

    WireGuard gives an address to the peer that was set last. Two that both claim it would take it from each other
    at every look; so a held peer loses it for good, and goes if none is left to it.
    """
    taken = AddressRanges(cidr for peer in wanted for cidr in peer.allowed_ips)
    for key, peer in held.items():
        lost = tuple(cidr for cidr in peer.allowed_ips if taken.overlaps(cidr))
        rest = peer._replace(allowed_ips=tuple(cidr for cidr in peer.allowed_ips if cidr not in lost))
        if lost:
            step.yielded[key] = lost
        if lost and not rest.allowed_ips:
            step.remove.add(key)
            step.drop.add(key)
        elif intention.wanted.get(key) != rest or key not in intention.held:
            step.hold[key] = rest
