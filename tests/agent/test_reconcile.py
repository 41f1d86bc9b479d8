"""The difference between what is wanted and what is there."""

import time

from hypothesis import given
from hypothesis import strategies as st

from vpn.agent.backends.base import DesiredPeer, PeerState
from vpn.agent.reconcile import chunks, difference, is_mass_removal

PEERS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.tuples(st.sampled_from([("10.0.0.1/32",), ("10.0.0.2/32",)]), st.sampled_from([None, "psk"])),
)


def real_of(peers: dict[str, DesiredPeer]) -> dict[str, PeerState]:
    return {key: PeerState(*peer, 1, 2, 3) for key, peer in peers.items()}


@given(PEERS, PEERS)
def test_applying_the_difference_gives_what_is_wanted_and_touches_nothing_else(
    want: dict[str, tuple[tuple[str, ...], str | None]], have: dict[str, tuple[tuple[str, ...], str | None]]
) -> None:
    wanted = {key: DesiredPeer(key, *value) for key, value in want.items()}
    there = {key: DesiredPeer(key, *value) for key, value in have.items()}
    todo = difference(wanted, real_of(there))
    touched = [peer.public_key for peer in todo.add + todo.update] + todo.remove
    assert len(touched) == len(set(touched))
    assert set(touched) == {key for key in wanted.keys() | there.keys() if wanted.get(key) != there.get(key)}
    assert all(peer.public_key not in there for peer in todo.add)
    for key in todo.remove:
        del there[key]
    there.update((peer.public_key, peer) for peer in todo.add + todo.update)
    assert there == wanted


def test_more_than_ten_and_more_than_thirty_percent_is_a_mass_removal() -> None:
    assert not is_mass_removal(["k"] * 10, 10)
    assert is_mass_removal(["k"] * 11, 11)
    assert not is_mass_removal(["k"] * 30, 100)
    assert is_mass_removal(["k"] * 31, 100)
    assert not is_mass_removal([], 0)


def test_chunks_hold_everything_once_in_order() -> None:
    assert [list(chunk) for chunk in chunks(range(7), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(chunks([], 3)) == []


def test_ten_thousand_equal_peers_are_compared_in_no_time() -> None:
    wanted = {f"{n:044}": DesiredPeer(f"{n:044}", (f"10.0.0.{n}/32", f"fd00::{n}/128"), None) for n in range(10_000)}
    real = {key: PeerState(key, (*peer.allowed_ips,), None, 0, 0, 0) for key, peer in wanted.items()}
    started = time.process_time()
    assert difference(wanted, real) == ([], [], [])
    assert time.process_time() - started < 0.15
