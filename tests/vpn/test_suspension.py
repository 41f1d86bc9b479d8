from __future__ import annotations

import pytest

from accounts.models import User
from accounts.services.suspension import suspend_account, unsuspend_account
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from vpn.models import IpAssignment, Peer, Server
from vpn.services.devices import add_device, remove_device
from vpn.services.servers import renew_interface

pytestmark = pytest.mark.django_db


def test_a_suspended_persons_devices_leave_their_servers_and_come_back_with_their_addresses(
    alice: User, sam: User
) -> None:
    server = make_server(make_location("ams"))
    grant(alice, "basic")
    devices = [add_device(user=alice, name=str(n), location_slug="ams", public_key=new_key()) for n in range(2)]
    remove_device(user=alice, device_id=devices[1].pk)
    before = list(IpAssignment.objects.live().values_list("ipv4", "ipv6"))

    suspend_account(user=alice, by=sam)
    assert not Peer.objects.filter(wanted=True).exists()
    assert_invariants()
    Peer.objects.all().delete()

    unsuspend_account(user=alice, by=sam)
    assert [peer.public_key for peer in Peer.objects.filter(wanted=True)] == [devices[0].public_key]
    assert list(IpAssignment.objects.live().values_list("ipv4", "ipv6")) == before
    server.refresh_from_db()
    assert server.revision == 5
    assert_invariants()


def test_a_changed_interface_starts_a_new_epoch() -> None:
    server = make_server(make_location("ams"))
    before = server.epoch
    renew_interface(server_id=server.pk)
    assert Server.objects.get().epoch != before
