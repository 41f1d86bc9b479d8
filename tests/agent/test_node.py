"""One node in this process, on a real interface, through either back end."""

from pathlib import Path

import pytest

from tests.agent.namespaces import Namespace, wait_until
from tests.agent.nodes import MakeNode, changes, peers, real, snapshot
from tests.agent.processes import make_peer
from vpn.agent.backends.base import Backend, BackendError, InterfaceGone
from vpn.agent.desired import parse_peer
from vpn.agent.files import StateDirError
from vpn.agent.identity import load_or_make_private_key
from vpn.agent.reports import MAX_ROWS, ReportWriter
from vpn.wireguard.keys import generate_preshared_key
from vpn.wireguard.state_hash import state_hash


def test_a_snapshot_and_changes_become_the_real_interface(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(1200, preshared_key=generate_preshared_key())
    node.apply_snapshot(snapshot(wanted))
    assert real(node) == wanted
    first, second, *_ = wanted.values()
    moved = second._replace(allowed_ips=first.allowed_ips, preshared_key=None)
    node.apply_changes(changes(2, first.public_key, moved))
    del wanted[first.public_key]
    wanted[moved.public_key] = moved
    assert real(node) == wanted
    look = node.tick()
    assert (look.epoch, look.revision) == ("e", 2)
    assert state_hash(peer[:3] for peer in look.device.peers.values()) == state_hash(wanted.values())


def test_addresses_that_change_hands_end_with_their_new_owners(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(2)
    node.apply_snapshot(snapshot(wanted))
    one, two = wanted.values()
    swapped = {
        p.public_key: p for p in (one._replace(allowed_ips=two.allowed_ips), two._replace(allowed_ips=one.allowed_ips))
    }
    node.apply_changes(changes(2, *swapped.values()))
    node.tick()
    assert real(node) == swapped


def test_a_peer_can_be_given_and_left_without_addresses(make_node: MakeNode) -> None:
    node = make_node()
    backend = node.peers.backend
    assert backend is not None
    one, two = peers(2).values()
    bare = one._replace(allowed_ips=())
    backend.upsert([one, two])
    backend.upsert([bare])
    assert real(node) == {one.public_key: bare, two.public_key: two}


def test_a_second_start_finds_everything_and_makes_nothing_anew(make_node: MakeNode) -> None:
    node = make_node()
    node.apply_snapshot(snapshot(peers(3)))
    epochs = {record.public_key: record.epoch for record in node.store.load_counters()}
    again = make_node()
    assert again.interface_epoch == node.interface_epoch
    assert (again.peers.epoch, again.peers.cursor, again.peers.acknowledged) == ("e", 1, 1)
    assert {record.public_key: record.epoch for record in again.store.load_counters()} == epochs
    assert again.peers.notes == []


def test_an_interface_that_somebody_made_anew_is_recognised_whatever_its_counters(
    make_node: MakeNode, space: Namespace
) -> None:
    node = make_node()
    wanted = peers(3)
    node.apply_snapshot(snapshot(wanted))
    epochs = {record.public_key: record.epoch for record in node.store.load_counters()}
    name = node.identity.interface
    space.run("ip", "link", "delete", name)
    wait_until(lambda: not Path(f"/var/run/wireguard/{name}.sock").exists())
    space.start_wireguard(name)
    assert node.interface_changed()
    assert node.ensure_interface()
    assert real(node) == wanted
    assert ("interface_recreated", name) in node.peers.notes
    later = {record.public_key: record.epoch for record in node.store.load_counters()}
    assert later.keys() == epochs.keys()
    assert not set(later.values()) & set(epochs.values())


def test_a_crash_between_intention_and_deed_is_made_good_at_the_next_start(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make_node()
    wanted = peers(4)
    node.apply_snapshot(snapshot(wanted))
    gone, *_ = wanted
    newcomer = parse_peer(make_peer(50))

    def die(_: object) -> None:
        raise KeyboardInterrupt

    for method in ("remove", "upsert"):
        monkeypatch.setattr(node.peers.backend, method, die)
    with pytest.raises(KeyboardInterrupt):
        node.apply_changes(changes(2, gone, newcomer))
    assert real(node).keys() == wanted.keys()
    assert node.peers.acknowledged == 1
    again = make_node()
    del wanted[gone]
    wanted[newcomer.public_key] = newcomer
    assert real(again) == wanted
    assert again.peers.acknowledged == 2
    assert again.peers.notes == [], "a peer that was ours is no foreign one"


def test_a_change_that_the_interface_did_not_take_is_not_acknowledged(
    make_node: MakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = make_node()
    node.apply_snapshot(snapshot(peers(2)))
    backend: Backend | None = node.peers.backend
    newcomer = parse_peer(make_peer(50))

    def vanish(_: object) -> None:
        raise InterfaceGone("gone")

    with monkeypatch.context() as patch:
        patch.setattr(backend, "upsert", vanish)
        with pytest.raises(BackendError):
            node.apply_changes(changes(2, newcomer))
        assert node.peers.acknowledged == 1
    assert node.interface_changed(), "the next look puts it right"
    node.ensure_interface()
    assert node.peers.acknowledged == 2
    assert newcomer.public_key in real(node)


def test_before_the_first_snapshot_nobody_is_foreign(make_node: MakeNode) -> None:
    node = make_node()
    stranger = parse_peer(make_peer(7))
    assert node.peers.backend is not None
    node.peers.backend.upsert([stranger])
    node.tick()
    assert real(node).keys() == {stranger.public_key}


def test_many_foreign_peers_at_once_are_left_until_a_snapshot_allows_it(make_node: MakeNode) -> None:
    node = make_node()
    wanted = peers(5)
    node.apply_snapshot(snapshot(wanted))
    strangers = {peer.public_key: peer for peer in (parse_peer(make_peer(number)) for number in range(100, 120))}
    assert node.peers.backend is not None
    node.peers.backend.upsert(list(strangers.values()))
    node.tick()
    assert real(node).keys() == wanted.keys() | strangers.keys()
    assert {code for code, _ in node.peers.notes} == {"mass_removal_refused"}
    node.apply_snapshot(snapshot(wanted, allowed=True))
    assert real(node) == wanted


def test_more_rows_than_a_report_holds_go_into_further_ones(make_node: MakeNode) -> None:
    node = make_node()
    count = MAX_ROWS + 10
    for number in range(count):
        key = f"{number:044}"
        node.peers.book.open(key)
        node.peers.book._entries[key].rx = 5
    writer = ReportWriter(node)
    first = writer.write(None, finals_only=False)
    assert len(first.rows) == MAX_ROWS
    assert first.full
    writer.accepted(first)
    second = writer.write(None, finals_only=False)
    assert len(second.rows) == 10
    assert not second.full
    assert second.body["report_id"] == first.body["report_id"] + 1
    writer.accepted(second)
    assert writer.write(None, finals_only=False).rows == []


def test_a_node_without_a_snapshot_reports_no_epoch_and_notes_that_fit(make_node: MakeNode) -> None:
    node = make_node()
    node.peers.note("unknown_op", "line\nbreak" + "x" * 1000)
    writer = ReportWriter(node)
    report = writer.write(node.tick(), finals_only=False)
    assert (report.body["epoch"], report.body["applied_rev"]) == (None, 0)
    (note,) = report.body["notes"]
    assert note["detail"].startswith("line?break")
    assert len(note["detail"]) == 300
    writer.drop_notes(report)
    assert writer.write(None, finals_only=True).body["notes"] == []


def test_a_hash_is_only_sent_with_the_revision_that_it_shows(make_node: MakeNode) -> None:
    node = make_node()
    node.apply_snapshot(snapshot(peers(2)))
    writer = ReportWriter(node)
    look = node.tick()
    assert writer.write(look, finals_only=False).body["state_hash"]
    node.apply_changes(changes(2, parse_peer(make_peer(50))))
    late = writer.write(look, finals_only=False).body
    assert (late["applied_rev"], late["state_hash"]) == (2, None)


def test_after_removal_nothing_comes_back(make_node: MakeNode, space: Namespace) -> None:
    node = make_node()
    node.tick()
    node.remove_interface()
    with pytest.raises(StateDirError):
        node.tick()
    assert not space.has_link(node.identity.interface)


def test_the_key_and_port_on_the_interface_are_put_right(make_node: MakeNode, space: Namespace) -> None:
    node = make_node()
    name = node.identity.interface
    space.run("wg", "set", name, "listen-port", "40000", "private-key", "/dev/stdin", stdin=generate_preshared_key())
    node.tick()
    assert node.peers.backend is not None
    device = node.peers.backend.read()
    assert device.listen_port == 51820
    assert device.private_key == load_or_make_private_key(node.state_dir)


def test_a_link_set_down_or_stripped_of_its_address_is_put_right(make_node: MakeNode, space: Namespace) -> None:
    node = make_node()
    name = node.identity.interface
    space.run("ip", "address", "flush", "dev", name)
    space.run("ip", "link", "set", name, "down")
    node.tick()
    shown = space.run("ip", "address", "show", "dev", name)
    assert "10.99.0.1/16" in shown
    assert "fd00:99::1/64" in shown
    assert "UP" in shown.split(">")[0]
