"""A device's usage is what its peer moved: never more, and less by at most one sample interval for each time that counters vanished.

Whatever happens between the interface's counters and the usage record is played at random, through the agent's own keeper and store and
through the product's own statement. The same judge refuses the two usual ways of adding counters up.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import pytest
from django.db.models import F, Sum
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bench.network import fill_server
from bench.people import make_people
from tests.factories.vpn import make_location, make_server
from tests.invariants import assert_invariants
from tests.vpn.acting import report
from tests.vpn.metered_node import MeteredNode
from tests.vpn.usage_play import ROWS_A_REPORT, Bytes, Play, Verdict, judge
from vpn.agent.counters import Row
from vpn.models import Server, UsageRecord
from vpn.services.simulation import new_key

STEPS = 24
PEERS = st.integers(0, 1)


class Product:
    """The usage records of a server's devices."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def take(self, rows: Sequence[Row]) -> None:
        for start in range(0, len(rows), ROWS_A_REPORT):
            answer = report(self._server, [list(row) for row in rows[start : start + ROWS_A_REPORT]])
            assert answer["set_aside"] == []

    def totals(self) -> dict[str, Bytes]:
        records = UsageRecord.objects.filter(device__assignments__server=self._server).order_by()
        sums = records.values(key=F("device__public_key")).annotate(up=Sum("bytes_up"), down=Sum("bytes_down"))
        return {row["key"]: (row["up"], row["down"]) for row in sums}


class Differences:
    """The usual way: what is more than the last time is new, and what is less has begun again at zero."""

    def __init__(self) -> None:
        self._last: dict[str, Bytes] = {}
        self._totals: dict[str, Bytes] = {}

    def take(self, rows: Sequence[Row]) -> None:
        for row in rows:
            now = (row.rx, row.tx)
            total = self._totals.get(row.public_key, (0, 0))
            last = self._last.get(row.public_key, (0, 0))
            grown = [n - before if n >= before else n for n, before in zip(now, last, strict=True)]
            self._totals[row.public_key] = (total[0] + grown[0], total[1] + grown[1])
            self._last[row.public_key] = now

    def totals(self) -> dict[str, Bytes]:
        return self._totals


class MaximumWithoutEpoch:
    """Repeats change nothing, but a count that begins again at zero is taken for an old report."""

    def __init__(self) -> None:
        self._highest: dict[str, Bytes] = {}

    def take(self, rows: Sequence[Row]) -> None:
        for row in rows:
            before = self._highest.get(row.public_key, (0, 0))
            self._highest[row.public_key] = (max(before[0], row.rx), max(before[1], row.tx))

    def totals(self) -> dict[str, Bytes]:
        return self._highest


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory: what is synced to it costs nothing, and what is lost of it is decided by the test."""
    base = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="nexusvpn-usage-", dir=base if base.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


def nodes_of(folder: Path, keys: Sequence[str], each: int) -> list[MeteredNode]:
    return [MeteredNode(folder / str(first), keys[first : first + each]) for first in range(0, len(keys), each)]


def played(nodes: Sequence[MeteredNode], ledger: Product | Differences | MaximumWithoutEpoch, seed: int) -> Verdict:
    play = Play(nodes, ledger, seed)
    for _ in range(STEPS):
        play.step()
    play.settle()
    return judge(nodes, ledger.totals())


def a_server() -> Server:
    return make_server(make_location("ams"), network_v4="10.80.0.0/16", network_v6="fd80::/64")


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_random_lives_are_counted_truly(memory: Path) -> None:
    server = a_server()
    keys = [device.public_key for device in fill_server(server, make_people(1000), 10)]
    nodes = nodes_of(memory, keys, each=40)
    verdict = played(nodes, Product(server), seed=20261126)
    assert verdict == ([], [])
    assert_invariants()
    # The play was worth judging: nearly everybody had traffic, and many lost some of it with good reason.
    assert sum(any(node.truth.by_key[key]) for node in nodes for key in node.keys) > 9500
    assert sum(any(node.may_miss.by_key[key]) for node in nodes for key in node.keys) > 2000


def test_what_a_look_at_the_interface_has_counted_outlives_a_power_cut(memory: Path) -> None:
    node = MeteredNode(memory / "node", ["alice"])
    node.traffic("alice", 700, 70)
    node.look()
    node.power_cut(share=1.0)
    node.settle()
    assert node.agents[0].report(10) == [("alice", 700, 70, mock.ANY, "never")]


def test_adding_up_differences_counts_too_much(memory: Path) -> None:
    nodes = nodes_of(memory, [new_key() for _ in range(200)], each=20)
    assert len(played(nodes, Differences(), seed=1).too_much) > 100


def test_a_maximum_without_epochs_counts_too_little(memory: Path) -> None:
    nodes = nodes_of(memory, [new_key() for _ in range(200)], each=20)
    verdict = played(nodes, MaximumWithoutEpoch(), seed=1)
    assert (verdict.too_much, len(verdict.too_little) > 100) == ([], True)


class Life(RuleBasedStateMachine):
    """One node with two peers. A failure is told in as few events as it takes."""

    folder: Path
    server: Server
    lives = 0

    def __init__(self) -> None:
        super().__init__()
        Life.lives += 1
        people = make_people(1)
        self.keys = [device.public_key for device in fill_server(self.server, people, 2)]
        self.node = MeteredNode(self.folder / str(Life.lives), self.keys)
        self.product = Product(self.server)
        self.sent: list[list[Row]] = []

    @rule(peer=PEERS, rx=st.integers(0, 1000), tx=st.integers(0, 1000))
    def traffic(self, peer: int, rx: int, tx: int) -> None:
        self.node.traffic(self.keys[peer], rx, tx)

    @rule()
    def look(self) -> None:
        self.node.look()

    @rule(arrives=st.booleans(), answered=st.booleans(), limit=st.sampled_from((1, 10)))
    def report(self, arrives: bool, answered: bool, limit: int) -> None:
        for agent in self.node.agents:
            rows = agent.report(limit)
            self.sent.append(rows)
            if arrives:
                self.product.take(rows)
            if arrives and answered:
                agent.accepted()

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def a_former_report_comes_again(self, data: st.DataObject) -> None:
        self.product.take(data.draw(st.sampled_from(self.sent)))

    @rule()
    def kill(self) -> None:
        self.node.kill()

    @rule(calls=st.integers(1, 4), after=st.booleans())
    def kill_within(self, calls: int, after: bool) -> None:
        self.node.kill_within(calls, after)

    @rule()
    def start(self) -> None:
        self.node.start()

    @rule(share=st.sampled_from((0.0, 0.5, 1.0)))
    def power_cut(self, share: float) -> None:
        self.node.power_cut(share)

    @rule()
    def delete_interface(self) -> None:
        self.node.delete_interface()

    @rule(peer=PEERS, put_back=st.booleans())
    def take_off_by_hand(self, peer: int, put_back: bool) -> None:
        self.node.take_off_by_hand(self.keys[peer], put_back)

    @rule(peer=PEERS)
    def order(self, peer: int) -> None:
        self.node.order(self.keys[peer])

    @rule()
    def start_twin(self) -> None:
        self.node.start_twin()

    @rule(keep_first=st.booleans())
    def end_twin(self, keep_first: bool) -> None:
        self.node.end_twin(keep_first)

    @invariant()
    def never_above_the_truth(self) -> None:
        assert judge([self.node], self.product.totals()).too_much == []

    def teardown(self) -> None:
        """Once everything has been reported, nothing more is missing than may be."""
        self.node.settle()
        for agent in self.node.agents:
            while rows := agent.report(10):
                self.product.take(rows)
                agent.accepted()
        assert judge([self.node], self.product.totals()) == ([], [])
        for agent in self.node.agents:
            agent.store.close()


@pytest.mark.django_db(transaction=True)
def test_no_short_life_is_counted_wrongly(memory: Path) -> None:
    Life.folder, Life.server = memory, a_server()
    run_state_machine_as_test(Life, settings=settings(max_examples=60, stateful_step_count=25))
    assert_invariants()
