"""The watch over handovers: it hears a handshake begin, looks soon, and not too often."""

import socket
import time
from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.fake_control import FakeControl
from tests.agent.namespaces import Customer, Namespace, wait_until
from tests.agent.nodes import Connect
from tests.agent.pinging import Pinging
from tests.agent.processes import AgentProcess
from vpn.agent.ear import HandshakeEar
from vpn.agent.handover_watch import ECHOES_S, LOOKS, WINDOW_S, Pace
from vpn.wireguard.keys import generate_key_pair

INITIATION = b"\x01\0\0\0" + bytes(144)


def looks_of(heard: list[float], idle_s: float, until: float) -> list[float]:
    """Return when somebody who keeps to the pace looks."""
    pace, looks, now = Pace(idle_s), [], 0.0
    events = sorted(heard)
    while now < until:
        due = max(now, pace.next_look())
        if events and events[0] <= due:
            now = max(now, events.pop(0))
            pace.heard(now)
            continue
        now = due
        pace.looked(now)
        looks.append(now)
    return looks


@given(st.lists(st.floats(0, 10), max_size=60), st.sampled_from([0.2, 1.0]))
def test_in_no_second_are_there_more_than_five_looks(heard: list[float], idle_s: float) -> None:
    looks = looks_of(heard, idle_s, 12)
    for first, sixth in zip(looks, looks[LOOKS:], strict=False):
        assert sixth - first >= WINDOW_S - 1e-9
    gaps = [later - earlier for earlier, later in pairwise(looks)]
    assert max(gaps) <= WINDOW_S + 1e-9, "and never a longer pause than the window"


def test_a_handshake_in_the_silence_is_looked_for_at_once_and_again() -> None:
    looks = looks_of([3.5], 1.0, 4.5)
    assert looks[:4] == [0, 1, 2, 3]
    assert looks[4:8] == [3.5 + echo for echo in ECHOES_S[:4]]


def test_on_a_busy_node_looks_are_spaced_evenly() -> None:
    looks = looks_of([number / 80 for number in range(800)], 1.0, 10)
    gaps = [later - earlier for earlier, later in pairwise(looks[10:])]
    assert all(gap == pytest.approx(WINDOW_S / LOOKS) for gap in gaps)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_ear_hears_the_first_message_of_a_handshake_on_any_port_and_nothing_else(
    space: Namespace, address: str
) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with space.inside(), closing(HandshakeEar()) as ear, socket.socket(family, socket.SOCK_DGRAM) as mouth:
        assert not ear.is_deaf
        for other in (b"\x02" + INITIATION[1:], b"\x04\0\0\0" + bytes(28), b"", b"\x01", b"hello " * 200):
            mouth.sendto(other, (address, 40000))
        assert not ear.wait(0.1)
        for _ in range(3):
            mouth.sendto(INITIATION, (address, 51820))
        assert ear.wait(1)
        assert not ear.wait(0.05), "what was heard is heard once"


def rotate(agent: AgentProcess, control: FakeControl, alice: Customer) -> int:
    """Give her a new key while she sends; returns how many of her packets were lost."""
    old, keys = alice.keys.public_key, generate_key_pair()
    pinging = Pinging(alice, 40)
    time.sleep(0.4)
    control.wait_applied(control.upsert({**alice.peer, "public_key": keys.public_key, "takes_over": old}))
    time.sleep(0.4)
    assert old in agent.peers(), "still in use"
    alice.change_key(keys)
    wait_until(lambda: agent.peers().keys() == {keys.public_key}, 5)
    return pinging.lost()


@pytest.mark.parametrize("backend", ["uapi", "wg"])
def test_a_client_that_changes_its_key_loses_one_packet_at_most(
    agent: AgentProcess, control: FakeControl, connect: Connect, backend: str
) -> None:
    alice = connect(1)
    control.report_interval_s = 30  # the tick must not be what helps
    agent.enrol(backend)
    revision = control.upsert(alice.peer)
    agent.start()
    control.wait_applied(revision)
    alice.connect(agent.public_key(), 51820)
    assert alice.ping()
    first = alice.keys.public_key
    # Other programs on the machine can only add to what is lost: one undisturbed change out of three is proof.
    lost = rotate(agent, control, alice)
    for _ in range(2):
        lost = min(lost, rotate(agent, control, alice)) if lost > 1 else lost
    assert lost <= 1
    control.wait_report(lambda report: any(row[0] == first and row[1] > 0 for row in report["peers"]))
    assert control.total(first)[0] > 3000
