"""What this node should be like: kept in memory and on disk, changed in both together or in neither."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vpn.agent.backends.base import DesiredPeer, PeerState
from vpn.agent.counters import BookChanges
from vpn.agent.desired import Changes, Snapshot
from vpn.agent.overlap import AddressRanges
from vpn.agent.reconcile import is_mass_removal
from vpn.agent.store import Store


@dataclass(slots=True)
class Step:
    """One change of the intention. Sets and mappings are by public key.

    `drop` names peers that are neither wanted nor held any more, `remove` those that were ordered off the
    interface, `settled` those whose removal is done or called off. `failed` gives reasons why the interface does not
    take a wanted peer, `mended` names those of which that is no longer so. `values` go under their names. `yielded`
    tells which addresses held peers have lost to wanted ones.
    """

    want: dict[str, DesiredPeer] = field(default_factory=dict)
    hold: dict[str, DesiredPeer] = field(default_factory=dict)
    drop: set[str] = field(default_factory=set)
    remove: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    mended: set[str] = field(default_factory=set)
    values: dict[str, str | int] = field(default_factory=dict)
    yielded: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Intention:
    """`wanted` holds what the control plane wants and, named in `held`, what a refused mass removal kept back.

    `removals` are keys that were ordered off this node and that the interface has not yet been seen without;
    `failures` tells why the interface does not take some of the wanted peers. Of the control plane's revisions,
    `cursor` is the last one taken to disk, `acknowledged` the last one that the interface shows, and `reported` the
    last one of which the control plane has taken note.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.wanted, self.held = store.load_peers()
        self.removals = store.load_removals()
        self.failures = store.load_failures()
        self.epoch = store.get("epoch")
        self.cursor = store.get_int("cursor")
        self.acknowledged = store.get_int("acknowledged")
        self.reported = store.get_int("reported")

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
        for name, value in step.values.items():
            setattr(self, name, value)


def plan_changes(intention: Intention, changes: Changes) -> Step:
    """Return what ops change."""
    removed = {key for key, peer in changes.peers.items() if peer is None}
    want = {key: peer for key, peer in changes.peers.items() if peer is not None}
    step = Step(
        want=want,
        drop=removed & intention.wanted.keys(),
        remove=removed,
        settled=set(want),
        mended=intention.failures.keys() & changes.peers.keys(),
        values={"epoch": changes.epoch, "cursor": changes.to},
    )
    held = {key: intention.wanted[key] for key in intention.held - changes.peers.keys()}
    if held:
        _hold(step, intention, held, want.values())
    return step


def plan_snapshot(intention: Intention, snapshot: Snapshot, real: Mapping[str, PeerState]) -> Step:
    """Return what a snapshot changes on a node whose interface holds the `real` peers.

    One that would remove very many peers that no order names, without saying so, adds and updates only: these
    peers are held, on disk too, so that a reboot does not remove them either. Otherwise whoever is not in the
    snapshot is ordered off as if by name, so that the order outlives a crash.
    """
    wanted = intention.wanted
    named = (intention.removals | snapshot.removed) - snapshot.peers.keys()
    extra = {key for key in real if key not in snapshot.peers and key not in named}
    step = Step(
        want={k: peer for k, peer in snapshot.peers.items() if wanted.get(k) != peer or k in intention.held},
        drop=wanted.keys() - snapshot.peers.keys(),
        remove=named & real.keys(),
        settled=intention.removals & snapshot.peers.keys(),
        mended={key for key in intention.failures if snapshot.peers.get(key) != wanted.get(key)},
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
