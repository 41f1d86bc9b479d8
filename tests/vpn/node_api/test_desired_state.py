from __future__ import annotations

import gzip
import json

import pytest

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import new_key
from tests.vpn.node_api.conftest import NodeClient
from vpn.models import NodeStatus, Peer, Server, VpnConfig
from vpn.services import desired_state
from vpn.services.devices import add_device, remove_device
from vpn.wireguard.state_hash import state_hash

pytestmark = pytest.mark.django_db


@pytest.fixture
def devices(node: NodeClient, alice: User) -> list[VpnConfig]:
    grant(alice, "basic")
    return [add_device(user=alice, name=f"d{n}", location_slug="ams", public_key=new_key()) for n in range(3)]


def test_everything_after_a_revision_comes_in_order(node: NodeClient, devices: list[VpnConfig]) -> None:
    data = node.state(after=0).data
    assert [(op["rev"], op["op"], op["public_key"]) for op in data["ops"]] == [
        (n + 1, "upsert", device.public_key) for n, device in enumerate(devices)
    ]
    assert data["ops"][0]["allowed_ips"] == ["10.80.0.2/32", "fd80::2/128"]
    assert (data["from"], data["to"], data["more"], data["hung"]) == (0, 3, False, False)
    assert node.state(after=2).data["ops"] == data["ops"][2:]
    assert node.state(after=3).data["ops"] == []


def test_only_the_last_op_of_a_key_is_kept(node: NodeClient, devices: list[VpnConfig]) -> None:
    remove_device(user=devices[0].user, device_id=devices[0].pk)
    ops = node.state(after=0).data["ops"]
    assert [(op["rev"], op["op"]) for op in ops] == [(2, "upsert"), (3, "upsert"), (4, "remove")]
    assert "allowed_ips" not in ops[-1]


def test_a_removal_is_kept_until_the_node_has_confirmed_it(node: NodeClient, devices: list[VpnConfig]) -> None:
    remove_device(user=devices[0].user, device_id=devices[0].pk)
    node.report(applied_rev=3)
    assert Peer.objects.filter(wanted=False).count() == 1
    node.report(applied_rev=4)
    assert not Peer.objects.filter(wanted=False).exists()


def test_many_ops_come_in_parts(node: NodeClient, devices: list[VpnConfig], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desired_state, "OPS_PER_ANSWER", 2)
    first = node.state(after=0).data
    assert (len(first["ops"]), first["to"], first["more"]) == (2, 2, True)
    second = node.state(after=2).data
    assert (len(second["ops"]), second["to"], second["more"]) == (1, 3, False)


@pytest.mark.parametrize(
    "query",
    [
        "after=0&epoch=",
        "after=0&epoch=00000000-0000-0000-0000-000000000000",
        "after=0",
        "after=4&epoch={}",
        "after=1&epoch={}",
    ],
)
def test_what_cannot_be_told_orders_a_resync(
    node: NodeClient, server: Server, devices: list[VpnConfig], query: str
) -> None:
    """Another epoch, a revision not yet reached, one below what was confirmed (confirmed removals are forgotten)."""
    node.report(applied_rev=2)
    answer = node.get(f"node/state?{query.format(server.epoch)}")
    assert (answer.status, answer.code) == (409, "resync_required")


@pytest.mark.parametrize(
    ("query", "field"), [("after=-1", "after"), ("after=x", "after"), ("wait=31", "wait"), ("wait=1e3", "wait")]
)
def test_bad_parameters_are_400_and_named(node: NodeClient, query: str, field: str) -> None:
    answer = node.get(f"node/state?{query}")
    assert (answer.status, list(answer.fields)) == (400, [field])


def test_a_snapshot_is_whole_and_says_so(node: NodeClient, devices: list[VpnConfig]) -> None:
    remove_device(user=devices[1].user, device_id=devices[1].pk)
    data = node.get("node/snapshot").data
    assert {peer["public_key"] for peer in data["peers"]} == {devices[0].public_key, devices[2].public_key}
    assert (data["to"], data["count"], data["complete"], data["allow_mass_removal"]) == (4, 2, True, False)
    assert data["sha256"] == state_hash(
        (peer["public_key"], peer["allowed_ips"], peer["preshared_key"]) for peer in data["peers"]
    )


def test_a_snapshot_of_nothing_is_whole_too(node: NodeClient) -> None:
    data = node.get("node/snapshot").data
    assert (data["peers"], data["count"], data["complete"], data["sha256"]) == ([], 0, True, state_hash([]))


def test_a_snapshot_is_packed_when_asked_for(node: NodeClient, devices: list[VpnConfig]) -> None:
    headers = {"Authorization": f"Bearer {node.token}", "Accept-Encoding": "gzip"}
    packed = node._client.get("/api/v1/node/snapshot", headers=headers)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content))["data"]["count"] == 3


class TestConfirmation:
    def test_an_older_report_that_comes_late_takes_nothing_back(
        self, node: NodeClient, devices: list[VpnConfig]
    ) -> None:
        node.report(applied_rev=3)
        node.report(applied_rev=1)
        assert NodeStatus.objects.get().applied_revision == 3

    def test_a_report_of_another_epoch_confirms_nothing_and_orders_a_resync(
        self, node: NodeClient, devices: list[VpnConfig]
    ) -> None:
        answer = node.report(applied_rev=3, epoch="00000000-0000-0000-0000-000000000001")
        assert answer.data["resync"] is True
        status, server = NodeStatus.objects.get(), Server.objects.get()
        assert not status.applied(server.epoch, 1)
        assert node.report(applied_rev=2, epoch=None).data["resync"] is True
        assert not NodeStatus.objects.get().applied(server.epoch, 1)

    def test_a_revision_from_the_future_orders_a_resync_and_confirms_nothing(
        self, node: NodeClient, devices: list[VpnConfig]
    ) -> None:
        remove_device(user=devices[0].user, device_id=devices[0].pk)
        assert node.report(applied_rev=10**6).data["resync"] is True
        assert NodeStatus.objects.get().applied_revision == 0
        assert Peer.objects.filter(wanted=False).count() == 1

    def test_a_hash_that_differs_orders_a_resync(self, node: NodeClient, devices: list[VpnConfig]) -> None:
        peers = node.get("node/snapshot").data["peers"]
        right = state_hash((peer["public_key"], peer["allowed_ips"], peer["preshared_key"]) for peer in peers)
        assert node.report(state_hash=right).data["resync"] is False
        assert NodeStatus.objects.get().in_sync is True
        assert node.report(state_hash="0" * 64).data["resync"] is True
        assert NodeStatus.objects.get().in_sync is False
        # Of an older revision the hash says nothing about now.
        assert node.report(state_hash="0" * 64, applied_rev=1).data["resync"] is False
