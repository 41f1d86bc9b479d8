"""Answers of the control plane: believed only when everything fits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.processes import make_peer
from vpn.agent.desired import BadAnswer, parse_changes, parse_interface, parse_peer, parse_snapshot
from vpn.wireguard.state_hash import state_hash

INTERFACE = {"addresses": ["10.64.0.1/16", "fd00:64::1/64"], "listen_port": 51820, "mtu": 1420}


def snapshot(peers: list[dict[str, Any]], /, **changes: object) -> dict[str, Any]:
    digest = state_hash((p["public_key"], p["allowed_ips"], p["preshared_key"]) for p in peers)
    facts = {"epoch": "e", "to": 7, "count": len(peers), "sha256": digest, "complete": True}
    return {**facts, "interface": INTERFACE, "peers": peers, **changes}


def changes(*ops: Any, **more: object) -> dict[str, Any]:
    return {"epoch": "e", "from": 1, "to": 9, "more": False, "hung": True, "ops": list(ops), **more}


def test_a_whole_snapshot_is_taken() -> None:
    peers = [make_peer(1), make_peer(2)]
    taken = parse_snapshot(snapshot(peers))
    assert taken.peers.keys() == {peer["public_key"] for peer in peers}
    assert (taken.epoch, taken.to, taken.allow_mass_removal) == ("e", 7, False)


@pytest.mark.parametrize(
    "lie",
    [
        {"complete": False},
        {"complete": "true"},
        {"complete": None},
        {"count": 1},
        {"count": None},
        {"sha256": "0" * 64},
        {"sha256": None},
        {"peers": []},
        {"peers": None},
        {"epoch": ""},
        {"epoch": None},
        {"to": -1},
        {"to": "7"},
        {"to": True},
        {"interface": {}},
        {"interface": {**INTERFACE, "mtu": 0}},
        {"interface": {**INTERFACE, "extra_ports": 443}},
        {"interface": {**INTERFACE, "extra_ports": [0]}},
        {"interface": {**INTERFACE, "extra_ports": [65536]}},
        {"interface": {**INTERFACE, "extra_ports": ["443"]}},
        {"interface": {**INTERFACE, "extra_ports": [True]}},
        {"interface": {**INTERFACE, "extra_ports": None}},
        {"interface": []},
        {"interface": {**INTERFACE, "listen_port": "51820"}},
        {"interface": {**INTERFACE, "addresses": ["10.64.0.1; reboot"]}},
        {"removed": None},
        {"removed": {}},
        {"removed": ["no key"]},
        {"removed": [7]},
    ],
)
def test_a_snapshot_in_which_something_does_not_fit_is_refused(lie: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        parse_snapshot(snapshot([make_peer(1), make_peer(2)], **lie))


def test_a_snapshot_that_names_a_peer_twice_is_refused() -> None:
    peer = make_peer(1)
    with pytest.raises(BadAnswer):
        parse_snapshot(snapshot([peer, peer]))


def test_a_snapshot_names_who_was_ordered_off() -> None:
    gone = [make_peer(3)["public_key"], make_peer(4)["public_key"]]
    assert parse_snapshot(snapshot([make_peer(1)], removed=gone)).removed == set(gone)
    assert parse_snapshot(snapshot([make_peer(1)])).removed == set()


def test_a_snapshot_that_wants_and_removes_the_same_peer_is_refused() -> None:
    peer = make_peer(1)
    with pytest.raises(BadAnswer):
        parse_snapshot(snapshot([peer], removed=[peer["public_key"]]))


def test_extra_ports_are_none_unless_named_and_come_out_in_order() -> None:
    assert parse_interface(INTERFACE).extra_ports == ()
    assert parse_interface({**INTERFACE, "extra_ports": [443, 53, 443]}).extra_ports == (53, 443)


@pytest.mark.parametrize(
    "change",
    [
        {"public_key": "short"},
        {"public_key": None},
        {"preshared_key": "short"},
        {"allowed_ips": []},
        {"allowed_ips": "10.0.0.1/32"},
        {"allowed_ips": ["10.0.0.1/32\nremove=true"]},
        {"allowed_ips": ["300.0.0.1/32"]},
        {"allowed_ips": [1]},
        {"allowed_ips": None},
    ],
)
def test_a_malformed_peer_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        parse_peer({**make_peer(1), **change})


def test_allowed_ips_come_out_as_wireguard_writes_them() -> None:
    written = ["fd00:0:0:0::9/128", "10.0.0.9", "10.1.2.3/16"]
    assert parse_peer({**make_peer(1), "allowed_ips": written}).allowed_ips == (
        "10.0.0.9/32",
        "10.1.0.0/16",
        "fd00::9/128",
    )


def test_only_the_last_op_of_a_key_counts_and_keeps_its_place() -> None:
    first, second = make_peer(1), make_peer(2)
    key = first["public_key"]
    taken = parse_changes(
        changes({"op": "upsert", **first}, {"op": "upsert", **second}, {"op": "remove", "public_key": key})
    )
    assert list(taken.peers.items())[-1] == (key, None)
    assert len(taken.peers) == 2


def test_ops_and_snapshots_name_whose_place_a_peer_takes() -> None:
    old, first, new = (make_peer(number) for number in range(3))
    op = {"op": "upsert", **new, "takes_over": old["public_key"]}
    assert parse_changes(changes(op)).takes_over == {new["public_key"]: old["public_key"]}
    assert parse_changes(changes(op, {"op": "upsert", **new})).takes_over == {}
    assert parse_changes(changes({**op, "takes_over": None})).takes_over == {}
    taken = parse_snapshot(snapshot([first, {**new, "takes_over": old["public_key"]}]))
    assert taken.takes_over == {new["public_key"]: old["public_key"]}


def test_a_key_replaced_in_the_answer_that_brings_it_is_left_out() -> None:
    old, between, new = (make_peer(number) for number in range(3))
    taken = parse_changes(
        changes(
            {"op": "upsert", **between, "takes_over": old["public_key"]},
            {"op": "upsert", **new, "takes_over": between["public_key"]},
        )
    )
    assert taken.peers.keys() == {new["public_key"]}
    assert taken.takes_over == {new["public_key"]: old["public_key"]}


@pytest.mark.parametrize("predecessor", ["no key", 7, ["x"], "itself"])
def test_a_malformed_predecessor_makes_an_op_or_a_snapshot_malformed(predecessor: object) -> None:
    peer = make_peer(1)
    row = {**peer, "takes_over": peer["public_key"] if predecessor == "itself" else predecessor}
    taken = parse_changes(changes({"op": "upsert", **row}))
    assert not taken.peers
    assert taken.malformed.keys() == {peer["public_key"]}
    with pytest.raises(BadAnswer):
        parse_snapshot(snapshot([row]))


def test_the_last_order_for_a_key_says_whether_it_is_malformed() -> None:
    peer = make_peer(1)
    bad = {**peer, "allowed_ips": []}
    after = parse_changes(changes({"op": "upsert", **peer}, {"op": "upsert", **bad}))
    assert after.malformed.keys() == {peer["public_key"]}
    for name in ("upsert", "remove"):
        assert not parse_changes(changes({"op": "upsert", **bad}, {"op": name, **peer})).malformed


@pytest.mark.parametrize("op", [None, 5, {}, {"op": "explode"}, {"op": ["x"]}])
def test_an_op_that_nobody_knows_is_noted_and_skipped(op: object) -> None:
    good = make_peer(1)
    taken = parse_changes(changes(op, {"op": "upsert", **good}))
    assert taken.peers.keys() == {good["public_key"]}
    assert [code for code, _ in taken.notes] == ["unknown_op"]


@pytest.mark.parametrize("op", [{"op": "upsert"}, {"op": "remove"}, {"op": "remove", "public_key": ["x"]}])
def test_an_op_that_is_malformed_is_noted_and_skipped(op: dict[str, Any]) -> None:
    taken = parse_changes(changes(op))
    assert not taken.peers
    assert [code for code, _ in taken.notes] == ["apply_failed"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(
    st.dictionaries(st.sampled_from(["epoch", "to", "ops", "peers", "complete", "count", "interface", "removed"]), JSON)
)
def test_no_json_whatever_breaks_the_parsers(data: dict[str, Any]) -> None:
    for parse in (parse_snapshot, parse_changes, parse_interface):
        try:
            parse(data)
        except BadAnswer:
            continue
