"""Usage is exact: repeats, reordering and hostile rows change nothing."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from tests.api_client import ApiClient
from tests.factories.billing import grant
from tests.factories.vpn import new_key
from tests.invariants import assert_invariants
from tests.vpn.node_api.conftest import NodeClient
from vpn.models import NodeNote, NodeStatus, Peer, UsageCounter, UsageRecord, VpnConfig
from vpn.services.devices import add_device, remove_device

pytestmark = pytest.mark.django_db
KEY = "A" * 43 + "="


@pytest.fixture
def device(node: NodeClient, alice: User) -> VpnConfig:
    grant(alice, "basic")
    return add_device(user=alice, name="Laptop", location_slug="ams", public_key=new_key())


def row(device: VpnConfig, rx: Any, tx: Any, epoch: Any = 1, status: Any = "online") -> list[Any]:
    return [device.public_key, rx, tx, epoch, status]


def used() -> tuple[int, int]:
    record = UsageRecord.objects.get()
    return record.bytes_up, record.bytes_down


def test_what_a_node_counts_is_the_customers_usage_of_the_day(
    node: NodeClient, device: VpnConfig, alice_api: ApiClient
) -> None:
    assert node.report(peers=[row(device, 100, 2000)]).data["accepted"] == 1
    node.report(peers=[row(device, 150, 2500)])
    data = alice_api.get("usage?days=7").data
    assert (data["bytes_up"], data["bytes_down"], data["period_bytes"]) == (150, 2500, 2650)
    assert data["items"][-1] == {"date": str(timezone.now().date()), "bytes_up": 150, "bytes_down": 2500}
    assert len(data["items"]) == 7
    assert data["quota_bytes"] is None
    assert alice_api.get(f"usage?device={device.pk}").data["bytes_up"] == 150


@pytest.mark.parametrize("seed", range(5))
def test_repeats_and_any_order_change_nothing(node: NodeClient, device: VpnConfig, seed: int) -> None:
    chance = random.Random(seed)
    reports = [row(device, n * 10, n * 7, epoch) for epoch in (11, 12) for n in range(1, 20)]
    sent = reports + chance.choices(reports, k=20)
    chance.shuffle(sent)
    for entry in sent:
        node.report(peers=[entry])
    assert used() == (2 * 190, 2 * 133)
    assert_invariants()


def test_the_last_counters_of_a_removed_device_count_and_a_late_repeat_does_not(
    node: NodeClient, device: VpnConfig
) -> None:
    node.report(peers=[row(device, 100, 100)])
    remove_device(user=device.user, device_id=device.pk)
    last = node.report(peers=[row(device, 130, 120)])
    assert last.data["accepted"] == 1
    late = node.report(peers=[row(device, 130, 120)])
    assert late.data["set_aside"] == [{"index": 0, "reason": "unknown_peer"}]
    assert used() == (130, 120)
    assert_invariants()


def test_a_late_repeat_is_not_counted_for_the_next_device_with_the_same_key(
    node: NodeClient, device: VpnConfig
) -> None:
    node.report(peers=[row(device, 100, 100, epoch=1)])
    remove_device(user=device.user, device_id=device.pk)
    node.report(peers=[row(device, 130, 120, epoch=1)])
    again = add_device(user=device.user, name="Again", location_slug="ams", public_key=device.public_key)
    node.report(peers=[row(again, 130, 120, epoch=1)])
    node.report(peers=[row(again, 5, 5, epoch=2)])
    totals = {record.device.name: record.bytes_up for record in UsageRecord.objects.select_related("device")}
    assert totals == {"Laptop": 130, "Again": 5}
    assert_invariants()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ([KEY, 1, 1, 7, "online"], "unknown_peer"),
        (["{key}", -1, 1, 7, "online"], "negative"),
        (["{key}", 1, -5, 7, "online"], "negative"),
        (["{key}", 2**63, 1, 7, "online"], "too_large"),
        # Beyond 64 bits JSON numbers arrive as floats.
        (["{key}", 1, 2**80, 7, "online"], "bad_row"),
        (["{key}", 1, 1, 0, "online"], "too_large"),
        (["{key}", 1, 1, 2**63, "online"], "too_large"),
        (["{key}", "1", 1, 7, "online"], "bad_row"),
        (["{key}", 1.5, 1, 7, "online"], "bad_row"),
        (["{key}", True, 1, 7, "online"], "bad_row"),
        (["{key}", None, 1, 7, "online"], "bad_row"),
        (["{key}", 1, 1, 7, "asleep"], "bad_row"),
        (["{key}", 1, 1, 7], "bad_row"),
        ([None, 1, 1, 7, "online"], "bad_row"),
        (["x", 1, 1, 7, "online"], "bad_row"),
        (["\0" * 44, 1, 1, 7, "online"], "bad_row"),
        ("row", "bad_row"),
        ({}, "bad_row"),
        (["{key}", 2**62 - 1, 1, 7, "online"], "implausible_growth"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason_and_the_good_ones_count(
    node: NodeClient, device: VpnConfig, bad: Any, reason: str
) -> None:
    if isinstance(bad, list) and bad[0] == "{key}":
        bad = [device.public_key, *bad[1:]]
    answer = node.report(peers=[row(device, 10, 20, epoch=3), bad, row(device, 30, 40, epoch=4)])
    assert answer.data["accepted"] == 2
    assert answer.data["set_aside"] == [{"index": 1, "reason": reason}]
    assert used() == (40, 60)
    assert_invariants()


def test_one_report_may_hold_rows_of_every_kind(node: NodeClient, device: VpnConfig) -> None:
    others = [
        add_device(user=device.user, name=f"Other {n}", location_slug="ams", public_key=new_key()) for n in range(3)
    ]
    node.report(
        peers=[row(device, 100, 100, epoch=1), row(others[0], 100, 100, epoch=2), row(others[1], 50, 50, epoch=3)]
    )
    UsageCounter.objects.filter(epoch=2).update(grown_at=timezone.now() - timedelta(seconds=15))
    answer = node.report(
        peers=[
            row(device, 100, 90, epoch=1),  # an older one, overtaken
            row(others[0], 10**15, 100, epoch=2),  # no link carries that
            [KEY, 1, 1, 9, "online"],
            row(others[1], 60, 40, epoch=3),  # two that crossed: each direction has its own maximum
            row(others[2], 5, 6, epoch=4),  # the first one
            row(device, 0, 0, epoch=5),  # a new epoch without traffic
            row(device, 7, 7, epoch=6),  # and one more of the same device
        ]
    )
    assert answer.data["accepted"] == 5
    assert answer.data["set_aside"] == [
        {"index": 2, "reason": "unknown_peer"},
        {"index": 1, "reason": "implausible_growth"},
    ]
    counted = {record.device_id: (record.bytes_up, record.bytes_down) for record in UsageRecord.objects.all()}
    assert counted == {device.pk: (107, 107), others[0].pk: (100, 100), others[1].pk: (60, 50), others[2].pk: (5, 6)}
    registers = UsageCounter.objects.order_by("epoch").values_list("epoch", "rx", "tx")
    assert list(registers) == [(1, 100, 100), (2, 100, 100), (3, 60, 50), (4, 5, 6), (5, 0, 0), (6, 7, 7)]
    assert_invariants()


def test_what_no_link_can_carry_is_shown_to_staff(node: NodeClient, device: VpnConfig) -> None:
    NodeStatus.objects.update(last_report_at=timezone.now() - timedelta(seconds=15))
    node.report(peers=[row(device, 10**15, 0)])
    assert not UsageRecord.objects.exists()
    assert NodeNote.objects.get().code == "implausible_growth"


def test_another_servers_peer_is_unknown(node: NodeClient, device: VpnConfig) -> None:
    Peer.objects.all().delete()
    assert node.report(peers=[row(device, 1, 1)]).data["set_aside"][0]["reason"] == "unknown_peer"


def test_the_same_epoch_twice_in_a_report_counts_once(node: NodeClient, device: VpnConfig) -> None:
    answer = node.report(peers=[row(device, 10, 10), row(device, 20, 20)])
    assert answer.data["set_aside"] == [{"index": 1, "reason": "bad_row"}]
    assert used() == (10, 10)


def test_connections_are_online_idle_or_never(node: NodeClient, device: VpnConfig, alice_api: ApiClient) -> None:
    def shown() -> str:
        return str(alice_api.get(f"devices/{device.pk}").data["connection"])

    assert shown() == "never"
    for status in ("online", "idle", "online"):
        node.report(peers=[row(device, 0, 0, status=status)])
        assert shown() == status


def test_notes_and_load_are_kept(node: NodeClient, device: VpnConfig) -> None:
    load = {"cpu_percent": 3.5, "memory_percent": None, "peers": 1, "rx_bytes": 7, "tx_bytes": 8, "new_figure": 1}
    node.report(load=load, notes=[{"code": "foreign_peer_removed", "detail": KEY}], future_field=True)
    status = NodeStatus.objects.get()
    assert (status.cpu_percent, status.memory_percent, status.peer_count, status.rx_bytes) == (3.5, None, 1, 7)
    assert NodeNote.objects.get().detail == KEY


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"peers": {}}, "peers"),
        ({"peers": [[]] * 5001}, "peers"),
        ({"applied_rev": -1}, "applied_rev"),
        ({"applied_rev": 2**63}, "applied_rev"),
        ({"report_id": "x"}, "report_id"),
        ({"epoch": "x"}, "epoch"),
        ({"interface_epoch": "\0"}, "interface_epoch"),
        ({"load": {"cpu_percent": 101}}, "load.cpu_percent"),
        ({"load": {"peers": 2**31}}, "load.peers"),
        ({"notes": [{"code": 5}]}, "notes.0.code"),
    ],
)
def test_a_report_without_its_shape_is_400_and_changes_nothing(
    node: NodeClient, device: VpnConfig, changes: dict[str, Any], field: str
) -> None:
    before = NodeStatus.objects.values().get()
    answer = node.report(**changes)
    assert (answer.status, list(answer.fields)) == (400, [field])
    assert NodeStatus.objects.values().get() == before


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"load": {"cpu_percent": "nan", "peers": -1}}, {"load.cpu_percent", "load.peers"}),
        ({"notes": [{"code": "x"}, {"detail": "no code"}]}, {"notes.1.code"}),
        ({"load": 5}, {"load"}),
        ({"notes": 5}, {"notes"}),
    ],
)
def test_nested_errors_are_named_by_their_path(node: NodeClient, changes: dict[str, object], fields: set[str]) -> None:
    answer = node.report(**changes)
    assert (answer.status, set(answer.fields)) == (400, fields)
    assert "ErrorDetail" not in str(answer.body)
