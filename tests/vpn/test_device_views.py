"""A device's state is what its nodes said, all of it and no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.vpn.acting import confirm
from vpn.models import NodeStatus, Peer, Server, VpnConfig
from vpn.services.activation import wait_until_active
from vpn.services.admission import settle_customer
from vpn.services.device_life import end_handovers, rotate_key
from vpn.services.device_views import find_device, leaving_places, recently_removed
from vpn.services.devices import add_device, remove_device
from vpn.services.emptying import drain_server, move_devices
from vpn.services.places import place_for


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams", name="Amsterdam"))


@pytest.fixture
def zrh(db: None) -> Server:
    return make_server(
        make_location("zrh", name="Zürich", premium=True), network_v4="10.90.0.0/24", network_v6="fd90::/64"
    )


@pytest.fixture
def phone(ams: Server, alice: User) -> VpnConfig:
    grant(alice, "pro")
    device = add_device(user=alice, name="Phone", location_slug="ams", public_key=new_key())
    confirm(ams)
    return device


def seen(device: VpnConfig, connection: str) -> None:
    Peer.objects.filter(device=device, public_key=device.public_key).update(connection=connection)


def test_a_place_that_is_still_to_be_confirmed_disconnects_nobody(phone: VpnConfig, zrh: Server, alice: User) -> None:
    place_for(user=alice, device_id=phone.pk, location_slug="zrh")
    view = find_device(alice.pk, phone.pk)
    assert (view.lifecycle, view.state) == ("activating", "activating")
    Peer.objects.filter(server__location__slug="ams").update(connection="online")
    view = find_device(alice.pk, phone.pk)
    assert (view.lifecycle, view.state) == ("activating", "connected")
    assert [place.badge for place in view.places] == ["connected", "activating"]


def test_a_node_that_is_not_heard_any_more_leaves_no_other_nodes_word_to_be_shown(
    phone: VpnConfig, ams: Server, zrh: Server, alice: User
) -> None:
    place_for(user=alice, device_id=phone.pk, location_slug="zrh")
    confirm(zrh)
    ages = {ams: timedelta(seconds=20), zrh: timedelta(seconds=3)}
    for server, age in ages.items():
        NodeStatus.objects.filter(server=server).update(last_report_at=timezone.now() - age)

    def shown(in_amsterdam: str, in_zurich: str) -> tuple[str, str, int | None]:
        for server, word in ((ams, in_amsterdam), (zrh, in_zurich)):
            Peer.objects.filter(server=server).update(connection=word)
        view = find_device(alice.pk, phone.pk)
        assert view.as_dict()["connection_at"] == view.state_at
        age = None if view.state_at is None else round((timezone.now() - view.state_at).total_seconds())
        return view.connection, view.state, age

    assert shown("online", "idle") == ("online", "connected", 20)
    assert shown("idle", "online") == ("online", "connected", 3)
    assert shown("idle", "never") == ("idle", "idle", 20)
    NodeStatus.objects.filter(server=ams).update(lost_at=timezone.now() - timedelta(minutes=5))
    for in_zurich in ("idle", "never"):
        assert shown("online", in_zurich) == ("unknown", "unknown", None)
    assert shown("online", "online") == ("online", "connected", 3)
    assert shown("never", "idle") == ("idle", "idle", 3)


def test_while_a_key_is_changed_the_former_ones_connection_counts(phone: VpnConfig, ams: Server, alice: User) -> None:
    seen(phone, "online")
    device = rotate_key(user=alice, device_id=phone.pk, public_key=new_key())
    assert find_device(alice.pk, phone.pk).state == "activating"
    confirm(ams)
    assert find_device(alice.pk, phone.pk).state == "connected"
    with time_machine.travel(timezone.now() + timedelta(seconds=130), tick=False):
        end_handovers(device_id=phone.pk)
    assert find_device(alice.pk, phone.pk).state == "never_used"
    seen(device, "idle")
    assert find_device(alice.pk, phone.pk).state == "idle"


def test_a_new_key_is_waited_for_and_not_the_one_that_is_there_already(
    phone: VpnConfig, ams: Server, alice: User
) -> None:
    assert wait_until_active(phone.pk)
    rotate_key(user=alice, device_id=phone.pk, public_key=new_key())
    assert not wait_until_active(phone.pk)
    confirm(ams)
    assert wait_until_active(phone.pk)


def test_a_place_that_the_plan_has_lost_says_so(phone: VpnConfig, zrh: Server, alice: User) -> None:
    place_for(user=alice, device_id=phone.pk, location_slug="zrh")
    alice.plan_grants.all().delete()
    settle_customer(alice.pk)
    home, lost = find_device(alice.pk, phone.pk).places
    assert (home.blocked, lost.blocked, lost.state) == ("", "premium", "suspending")
    confirm(zrh)
    home, lost = find_device(alice.pk, phone.pk).places
    assert (home.blocked, lost.blocked, lost.state) == ("", "premium", "suspended")
    assert lost.as_dict()["blocked"] == "premium"


def test_a_removed_device_stays_in_sight_for_a_day_after_its_proof(phone: VpnConfig, ams: Server, alice: User) -> None:
    remove_device(user=alice, device_id=phone.pk)
    (view,) = recently_removed(alice.pk)
    assert (view.state, view.unconfirmed) == ("removing", ("Amsterdam",))
    confirm(ams)
    (view,) = recently_removed(alice.pk)
    assert (view.state, view.unconfirmed) == ("removed", ())
    assert view.removed_at is not None
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        assert recently_removed(alice.pk) == []
        # Its page is still there.
        assert find_device(alice.pk, phone.pk, removed=True).removed_at == view.removed_at


def test_one_that_no_node_confirms_stays_in_sight_for_ever(phone: VpnConfig, alice: User) -> None:
    remove_device(user=alice, device_id=phone.pk)
    with time_machine.travel(timezone.now() + timedelta(days=400), tick=False):
        assert [view.state for view in recently_removed(alice.pk)] == ["removing"]


def test_a_long_history_of_removals_is_not_searched_for_the_last_one(phone: VpnConfig, alice: User) -> None:
    longer_ago = timezone.now() - timedelta(days=3)
    VpnConfig.objects.bulk_create(
        VpnConfig(
            user=alice,
            location_id=phone.location_id,
            name=f"Former {number}",
            public_key=f"{number:044}",
            revoked_at=longer_ago,
            removal_confirmed_at=longer_ago,
        )
        for number in range(3000)
    )
    remove_device(user=alice, device_id=phone.pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE vpn_vpnconfig")
    plans: list[str] = []

    def explain(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        execute(f"EXPLAIN {sql}", params, many, context)
        plans.append("\n".join(line for (line,) in context["cursor"].fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        assert [view.name for view in recently_removed(alice.pk)] == ["Phone"]
    assert "device_removed_idx" in plans[0], plans[0]


def test_places_that_go_out_of_service_come_by_their_dates(
    phone: VpnConfig, ams: Server, zrh: Server, alice: User
) -> None:
    place_for(user=alice, device_id=phone.pk, location_slug="zrh")
    make_server(ams.location, network_v4="10.91.0.0/24", network_v6="fd91::/64")
    drain_server(server_id=ams.pk)
    until = timezone.now() + timedelta(days=3)
    drain_server(server_id=zrh.pk, until=until)
    for server in (ams, zrh):
        move_devices(server_id=server.pk)
    view = find_device(alice.pk, phone.pk)
    found = [(place.location_slug, place.leaves_at, place.is_superseded) for _, place in leaving_places([view])]
    # Amsterdam has another server, Zürich has none.
    assert found == [("zrh", until, False), ("ams", None, True)]
