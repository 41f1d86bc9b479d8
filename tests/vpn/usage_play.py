"""Random lives of many nodes at once: each step something happens to each of them, and their reports come in one batch.

Rows of a report are independent of each other, so every peer of the batch is a sequence of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple, Protocol

from tests.vpn.metered_node import Agent, MeteredNode
from vpn.agent.counters import Row

Bytes = tuple[int, int]
ROWS_A_REPORT = 5000


class Ledger(Protocol):
    """Adds up what reports say."""

    def take(self, rows: Sequence[Row]) -> None: ...

    def totals(self) -> dict[str, Bytes]:
        """Bytes received and sent, by public key."""


class Verdict(NamedTuple):
    """Public keys whose total is above the truth, and those that miss more than they may."""

    too_much: list[str]
    too_little: list[str]


def judge(nodes: Sequence[MeteredNode], totals: dict[str, Bytes]) -> Verdict:
    verdict = Verdict([], [])
    for node in nodes:
        for key in node.keys:
            for truth, may_miss, total in zip(
                node.truth.by_key[key], node.may_miss.by_key[key], totals.get(key, (0, 0)), strict=True
            ):
                if total > truth:
                    verdict.too_much.append(key)
                elif total < truth - may_miss:
                    verdict.too_little.append(key)
    return verdict


def _power_cut(node: MeteredNode, chance: Random) -> None:
    node.power_cut(chance.choice((0.0, 1.0, chance.random())))


# What may happen to a node besides traffic, and how often.
EVENTS: dict[Callable[[MeteredNode, Random], None], int] = {
    lambda node, chance: node.look(): 40,
    lambda node, chance: node.kill(): 6,
    lambda node, chance: node.kill_within(chance.randint(1, 4), chance.random() < 0.5): 8,
    _power_cut: 5,
    lambda node, chance: node.delete_interface(): 5,
    lambda node, chance: node.take_off_by_hand(chance.choice(node.keys), chance.random() < 0.8): 10,
    lambda node, chance: node.order(chance.choice(node.keys)): 12,
    lambda node, chance: node.start_twin(): 6,
    lambda node, chance: node.end_twin(chance.random() < 0.5): 4,
}


class Play:
    """Reports get lost, or their answers do; some come again, late and out of order."""

    def __init__(self, nodes: Sequence[MeteredNode], ledger: Ledger, seed: int) -> None:
        self._nodes, self._ledger = nodes, ledger
        self._chance = Random(seed)
        self._sent: list[list[list[Row]]] = [[] for _ in nodes]

    def step(self) -> None:
        batches: list[list[Row]] = [[], [], []]
        answered: list[Agent] = []
        for node, sent in zip(self._nodes, self._sent, strict=True):
            self._happen(node)
            # A report names an epoch once, so the twin's rows go into a report of their own, and repeats too.
            for agent, batch in zip(node.agents, batches, strict=False):
                self._report(agent, batch, sent, answered)
            if sent and self._chance.random() < 0.3:
                batches[2] += self._chance.choice(sent)
        self._chance.shuffle(batches)
        for batch in batches:
            self._ledger.take(batch)
        for agent in answered:
            agent.accepted()

    def _happen(self, node: MeteredNode) -> None:
        chance = self._chance
        for key in chance.sample(node.keys, len(node.keys) // 4):
            node.traffic(key, chance.randrange(1, 1000), chance.randrange(1, 1000))
        if node.agent is None and chance.random() < 0.6:
            node.start()
        chance.choices(list(EVENTS), list(EVENTS.values()))[0](node, chance)

    def _report(self, agent: Agent, batch: list[Row], sent: list[list[Row]], answered: list[Agent]) -> None:
        if self._chance.random() < 0.5:
            return
        rows = agent.report(self._chance.choice((3, ROWS_A_REPORT)))
        # Also one that got lost on its way may arrive yet: it is among those that can come again.
        sent.append(rows)
        fate = self._chance.random()
        if fate < 0.8:
            batch += rows
        if fate < 0.6:
            answered.append(agent)

    def settle(self) -> None:
        """The faults end: everything is looked at and reported, and then every report comes once more."""
        for node in self._nodes:
            node.settle()
        agents = [agent for node in self._nodes for agent in node.agents]
        while rows := [row for agent in agents for row in agent.report(ROWS_A_REPORT)]:
            self._ledger.take(rows)
            for agent in agents:
                agent.accepted()
        late = [reports for sent in self._sent for reports in sent]
        self._chance.shuffle(late)
        for reports in late[:200]:
            self._ledger.take(reports)
