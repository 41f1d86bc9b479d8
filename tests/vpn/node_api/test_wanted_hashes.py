"""A node in order is believed by its hash alone; anything else is looked up."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import new_key
from tests.vpn.node_api.conftest import NodeClient
from vpn.models import IpAssignment, NodeStatus, Peer, Server
from vpn.services import wanted_hashes
from vpn.services.desired_state import wanted_peers
from vpn.services.device_life import rotate_key
from vpn.services.devices import add_device

pytestmark = pytest.mark.django_db


@pytest.fixture
def server_with_devices(node: NodeClient, server: Server, alice: User) -> Server:
    grant(alice, "basic")
    for name in ("Laptop", "Phone"):
        add_device(user=alice, name=name, location_slug="ams", public_key=new_key())
    return server


def tables_read(node: NodeClient, state_hash: str) -> bool:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert node.report(state_hash=state_hash).status == 200
    return any("vpn_ipassignment" in query["sql"] for query in queries)


def present_hash(server: Server) -> str:
    return wanted_peers(server.pk).state_hash


def test_the_tables_are_read_once_for_a_revision(node: NodeClient, server_with_devices: Server) -> None:
    right = present_hash(server_with_devices)
    assert [tables_read(node, right) for _ in range(3)] == [True, False, False]
    assert NodeStatus.objects.get().in_sync is True


def test_another_revision_has_another_hash(node: NodeClient, server_with_devices: Server, alice: User) -> None:
    former = present_hash(server_with_devices)
    node.report(state_hash=former)
    add_device(user=alice, name="Tablet", location_slug="ams", public_key=new_key())
    assert node.report(state_hash=former).data["resync"] is True
    assert node.report(state_hash=present_hash(server_with_devices)).data["resync"] is False


def test_a_hash_that_differs_is_always_looked_up(node: NodeClient, server_with_devices: Server) -> None:
    """As after a backup was put back: the same revision, and other peers."""
    node.report(state_hash=present_hash(server_with_devices))
    Peer.objects.order_by("revision")[0].delete()
    assert node.report(state_hash="0" * 64).data["resync"] is True
    assert node.report(state_hash=present_hash(server_with_devices)).data["resync"] is False
    assert NodeStatus.objects.get().in_sync is True


def test_another_epoch_is_looked_up_though_its_revision_is_the_same(
    node: NodeClient, server_with_devices: Server
) -> None:
    former = present_hash(server_with_devices)
    node.report(state_hash=former)
    Server.objects.update(epoch="00000000-0000-0000-0000-000000000001")
    IpAssignment.objects.filter(host=2).update(ipv4="10.99.99.99")
    assert node.report(state_hash=former).data["resync"] is True


def test_during_a_key_rotation_nothing_is_known(node: NodeClient, server_with_devices: Server, alice: User) -> None:
    peer = Peer.objects.select_related("device")[0]
    rotate_key(user=alice, device_id=peer.device_id, public_key=new_key())
    wrong = "0" * 64
    assert node.report(state_hash=wrong).data["resync"] is False
    assert server_with_devices.pk not in wanted_hashes._known


def test_only_so_many_servers_are_remembered(
    node: NodeClient, server_with_devices: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wanted_hashes, "KEPT_SERVERS", 0)
    right = present_hash(server_with_devices)
    assert [tables_read(node, right) for _ in range(2)] == [True, True]
    assert len(wanted_hashes._known) == 0
