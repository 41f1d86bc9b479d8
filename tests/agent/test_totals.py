"""The total of an interface: all that its peers moved since it was made, and never more."""

from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.agent.namespaces import Namespace
from tests.agent.nodes import Connect, MakeNode, changes, real, snapshot
from vpn.agent.backends.base import PeerState
from vpn.agent.counters import BookChanges, CounterBook, CounterRecord
from vpn.agent.desired import parse_peer
from vpn.agent.identity import public_key_of
from vpn.agent.node import Node
from vpn.agent.reports import ReportWriter
from vpn.agent.store import STORE_NAME, Store
from vpn.agent.totals import NOTHING, Figures, TrafficTotal

KEYS = st.sampled_from(["alice", "bob", "mallory"])
OURS = ("alice", "bob")


class Interface(RuleBasedStateMachine):
    """Three peers, one of whom the control plane never heard of, and an agent that is killed at will."""

    def __init__(self) -> None:
        super().__init__()
        self.truth = [0, 0]
        self.real: dict[str, list[int]] = {}
        self.sure = True
        self.records: dict[str, CounterRecord] = {}
        self.total = NOTHING
        self.strangers: dict[str, Figures] = {}
        self.book = CounterBook()

    def save(self) -> None:
        unsaved = self.book.unsaved()
        for key in unsaved.dropped:
            self.records.pop(key, None)
        self.records.update((record.public_key, record) for record in unsaved.records)
        self.total = unsaved.totals.total or self.total
        self.strangers.update(unsaved.totals.strangers)
        for key in unsaved.totals.gone:
            del self.strangers[key]
        self.book.mark_saved()

    def look(self) -> None:
        states = [PeerState(key, (), None, figures[0], figures[1], 0) for key, figures in self.real.items()]
        self.book.observe([peer for peer in states if peer.public_key in OURS], 0.0, 0.0)
        self.book.totals.observe_strangers([peer for peer in states if peer.public_key not in OURS])

    @rule(key=KEYS, size=st.integers(1, 1000), direction=st.integers(0, 1))
    def traffic(self, key: str, size: int, direction: int) -> None:
        if key in self.real:
            self.real[key][direction] += size
            self.truth[direction] += size

    @rule(key=st.sampled_from(OURS))
    def agent_adds(self, key: str) -> None:
        if key not in self.real:
            self.book.open(key)
            self.save()
            self.real[key] = [0, 0]

    @rule(key=KEYS, killed=st.booleans())
    def agent_removes(self, key: str, killed: bool) -> None:
        self.look()
        self.save()
        self.real.pop(key, None)
        if killed:
            self.agent_is_killed_and_started()
        else:
            self.book.close(key)
        self.agent_looks()

    @rule(key=KEYS)
    def somebody_adds_it_behind_the_agents_back(self, key: str) -> None:
        self.real.setdefault(key, [0, 0])

    @rule(key=KEYS)
    def somebody_removes_it_behind_the_agents_back(self, key: str) -> None:
        self.sure = self.sure and key not in self.real
        self.real.pop(key, None)

    @rule()
    def agent_looks(self) -> None:
        self.look()
        for key in self.book.keys() - self.real.keys():
            self.book.close(key)
        self.save()

    @rule()
    def agent_is_killed_and_started(self) -> None:
        totals = TrafficTotal(self.total, self.strangers)
        self.book = CounterBook(self.records.values(), totals=totals)

    @rule()
    def interface_is_made_anew(self) -> None:
        self.real, self.truth, self.sure = {}, [0, 0], True
        self.book.close_all()
        self.save()

    @invariant()
    def never_above_the_truth(self) -> None:
        assert self.total.rx <= self.truth[0]
        assert self.total.tx <= self.truth[1]

    def teardown(self) -> None:
        """When nobody interfered, the next look makes it exact."""
        if self.sure:
            self.agent_looks()
            assert self.total == tuple(self.truth)


TestInterface = Interface.TestCase


def shown(space: Namespace, node: Node) -> Figures:
    """Return what `wg` shows of all peers together."""
    rows = space.peers(node.identity.interface).values()
    return Figures(sum(row[1] for row in rows), sum(row[2] for row in rows))


def test_the_total_holds_everybody_on_the_interface_the_removed_and_the_foreign_too(
    make_node: MakeNode, space: Namespace, connect: Connect
) -> None:
    node = make_node()
    alice, mallory = connect(1), connect(2)
    key = public_key_of((node.state_dir / "private.key").read_text())
    node.apply_snapshot(snapshot({alice.keys.public_key: parse_peer(alice.peer)}))
    backend = node.peers.backend
    assert backend is not None
    backend.upsert([parse_peer(mallory.peer)])
    for person in (alice, mallory):
        person.connect(key, 51820)
        assert person.ping()
    before = shown(space, node)
    node.tick()
    assert node.peers.book.totals.total == before
    assert before.rx > 6000
    assert mallory.keys.public_key not in real(node)
    alone = shown(space, node)
    assert alice.ping()
    again = make_node()
    now = shown(space, node)
    expected = Figures(before.rx + now.rx - alone.rx, before.tx + now.tx - alone.tx)
    assert again.peers.book.totals.total == expected
    body = ReportWriter(again).write(None, finals_only=True).body
    assert body["totals"] == {"rx": expected.rx, "tx": expected.tx}
    again.apply_changes(changes(2, alice.keys.public_key))
    assert again.peers.book.totals.total == expected
    space.run("ip", "link", "delete", node.identity.interface)
    again.ensure_interface()
    assert again.peers.book.totals.total == NOTHING
    assert make_node().peers.book.totals.total == NOTHING


def test_on_an_interface_that_is_found_everything_counts_as_it_is(make_node: MakeNode, connect: Connect) -> None:
    node = make_node()
    alice = connect(1)
    node.apply_snapshot(snapshot({alice.keys.public_key: parse_peer(alice.peer)}))
    alice.connect(public_key_of((node.state_dir / "private.key").read_text()), 51820)
    assert alice.ping()
    node.tick()
    counted = node.peers.book.totals.total
    assert counted.rx > 3000
    node.store.close()
    (node.state_dir / STORE_NAME).unlink()
    assert make_node().peers.book.totals.total == counted


def test_a_memory_from_before_there_was_a_total_begins_with_what_it_has_counted(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.transaction():
        store.write_counters(
            BookChanges([CounterRecord("a", 1, 2, 2, 30, 40), CounterRecord("b", 2, 0, 0, 5, 6)], [], [])
        )
    assert store.load_totals().total == Figures(35, 46)
    store.close()


def test_a_stranger_who_becomes_a_customer_does_not_pay_for_what_went_before(
    make_node: MakeNode, connect: Connect
) -> None:
    node = make_node()
    alice = connect(1)
    backend = node.peers.backend
    assert backend is not None
    backend.upsert([parse_peer(alice.peer)])
    alice.connect(public_key_of((node.state_dir / "private.key").read_text()), 51820)
    assert alice.ping()
    node.tick()
    counted = node.peers.book.totals.total
    node.apply_changes(changes(1, parse_peer(alice.peer)))
    node.tick()
    assert node.peers.book.totals.total == counted
    assert node.peers.book.due_rows(10)[0][1:3] == (0, 0)
