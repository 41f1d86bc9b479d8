"""The state hash is the one that docs/node-api.md describes, whatever order the peers come in."""

import hashlib
import random
import time

from hypothesis import given
from hypothesis import strategies as st

from vpn.wireguard.keys import generate_preshared_key
from vpn.wireguard.state_hash import state_hash

KEYS = sorted(generate_preshared_key() for _ in range(8))


def test_the_lines_are_those_of_the_protocol() -> None:
    peers = [(KEYS[1], ["fd00:64::9/128", "10.64.0.9/32"], None), (KEYS[0], ["10.64.0.8/32"], KEYS[5])]
    lines = f"{KEYS[0]} 10.64.0.8/32 {KEYS[5]}\n{KEYS[1]} 10.64.0.9/32,fd00:64::9/128 -\n"
    assert state_hash(peers) == hashlib.sha256(lines.encode()).hexdigest()


def test_of_nothing_it_is_the_hash_of_nothing() -> None:
    assert state_hash([]) == hashlib.sha256(b"").hexdigest()


@given(st.permutations(range(8)), st.randoms())
def test_order_does_not_matter(order: list[int], rng: random.Random) -> None:
    peers = [
        (KEYS[n], [f"10.0.0.{n}/32", f"fd00::{n}/128", f"10.1.0.{n}/32"], KEYS[n] if n % 2 else None) for n in range(8)
    ]
    expected = state_hash(peers)
    shuffled = [peers[n] for n in order]
    for _, addresses, _ in shuffled:
        rng.shuffle(addresses)
    assert state_hash(shuffled) == expected


@given(st.integers(0, 7), st.sampled_from(["key", "addresses", "preshared"]))
def test_any_difference_shows(which: int, what: str) -> None:
    peers = [(KEYS[n], [f"10.0.0.{n}/32"], None) for n in range(8)]
    other: list[tuple[str, list[str], str | None]] = list(peers)
    key, addresses, _ = other[which]
    other[which] = {
        "key": (generate_preshared_key(), addresses, None),
        "addresses": (key, ["10.0.0.99/32"], None),
        "preshared": (key, addresses, KEYS[0]),
    }[what]
    assert state_hash(other) != state_hash(peers)


def test_ten_thousand_peers_take_no_time_worth_mentioning() -> None:
    peers = [
        (generate_preshared_key(), (f"10.0.{n >> 8}.{n & 255}/32", f"fd00::{n:x}/128"), None) for n in range(10_000)
    ]
    started = time.process_time()
    state_hash(peers)
    assert time.process_time() - started < 0.15
