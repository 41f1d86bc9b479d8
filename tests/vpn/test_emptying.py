"""Drain, move, decommission: nobody is cut off before the new place is in use or the date has come."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from accounts.services.suspension import suspend_account, unsuspend_account
from billing.services.grants import revoke_grant
from nexusvpn.errors import Conflict, InvalidInput
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from tests.mails import Waiting, waiting_mails
from tests.vpn.acting import add, confirm, report, row, wanted
from vpn.locks import lock_customer
from vpn.models import IpAssignment, Location, NodeToken, Server, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.devices import remove_device
from vpn.services.emptying import (
    Staying,
    decommission_server,
    drain_server,
    draining_servers,
    move_devices,
    recommission_server,
    release_left_places,
    staying_on,
    undrain_server,
)
from vpn.services.nodes import accept_new_key, enrol_node, issue_enrolment_token
from vpn.services.places import place_for
from vpn.tasks import empty_servers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ams(db: None) -> Location:
    return make_location("ams")


@pytest.fixture
def old(ams: Location) -> Server:
    return make_server(ams)


def another(ams: Location, number: int = 1) -> Server:
    return make_server(ams, network_v4=f"10.8{number}.0.0/24", network_v6=f"fd8{number}::/64")


def mails() -> list[Waiting]:
    return waiting_mails()


def test_devices_get_another_place_and_keep_the_former_until_it_is_in_use(
    alice: User, ams: Location, old: Server
) -> None:
    grant(alice, "basic")
    devices = [add(alice, name) for name in ("Phone", "Laptop")]
    confirm(old)
    new = another(ams)
    drain_server(server_id=old.pk)
    assert move_devices(server_id=old.pk) == 1
    keys = {device.public_key for device in devices}
    assert wanted(old) == wanted(new) == keys
    assert place_for(user=alice, device_id=devices[0].pk).server == new
    assert_invariants()
    (mail,) = mails()
    assert "A new place in AMS is ready" in mail.text
    assert "- Laptop\n- Phone" in mail.text

    # Nothing is told twice, and nothing is released before it is left.
    assert (move_devices(server_id=old.pk), release_left_places(), len(mails())) == (0, 0, 1)
    report(new, [row(devices[0], 1, 1)])
    assert release_left_places() == 1
    assert (wanted(old), wanted(new)) == ({devices[1].public_key}, keys)
    assert_invariants()


def test_a_device_moves_back_to_the_place_that_it_still_has(alice: User, ams: Location, old: Server) -> None:
    device = add(alice)
    new = another(ams)
    drain_server(server_id=old.pk)
    move_devices(server_id=old.pk)
    undrain_server(server_id=old.pk)
    drain_server(server_id=new.pk)
    assert move_devices(server_id=new.pk) == 1
    assert place_for(user=alice, device_id=device.pk).server == old
    assert wanted(old) == wanted(new) == {device.public_key}
    assert_invariants()
    report(old, [row(device, 1, 1)])
    assert release_left_places() == 1
    assert (wanted(old), wanted(new)) == ({device.public_key}, set())


def test_a_place_that_is_lost_is_given_again_where_the_former_one_still_is(
    alice: User, ams: Location, old: Server
) -> None:
    device = add(alice)
    new = another(ams)
    until = timezone.now() + timedelta(days=1)
    drain_server(server_id=old.pk)
    move_devices(server_id=old.pk)
    Server.objects.filter(pk=new.pk).update(state="draining", drain_until=until)
    with time_machine.travel(until + timedelta(seconds=1), tick=False):
        assert release_left_places() == 1
    undrain_server(server_id=old.pk)
    assert place_for(user=alice, device_id=device.pk).server == old
    assert_invariants()


def test_nobody_is_moved_off_a_server_that_drains_no_more(alice: User, ams: Location, old: Server) -> None:
    device = add(alice)
    new = another(ams)
    drain_server(server_id=old.pk)
    undrain_server(server_id=old.pk)
    assert move_devices(server_id=old.pk) == 0
    assert (wanted(old), wanted(new)) == ({device.public_key}, set())


def test_a_drain_that_is_called_off_at_the_last_moment_takes_nobody_off(
    alice: User, old: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = add(alice)
    until = timezone.now() + timedelta(days=1)
    drain_server(server_id=old.pk, until=until)

    def called_off_meanwhile(user_id: UUID) -> User:
        Server.objects.filter(pk=old.pk).update(state="online", drain_until=None)
        return lock_customer(user_id)

    monkeypatch.setattr("vpn.services.emptying.lock_customer", called_off_meanwhile)
    with time_machine.travel(until + timedelta(seconds=1), tick=False):
        assert release_left_places() == 0
    assert wanted(old) == {device.public_key}


def test_a_new_key_of_the_node_ends_the_drain_and_its_date(alice: User, bob: User, old: Server) -> None:
    add(alice)
    until = timezone.now() + timedelta(days=1)
    drain_server(server_id=old.pk, until=until)
    move_devices(server_id=old.pk)
    accept_new_key(old, public_key=Server.objects.get(pk=old.pk).public_key, old_machine_is_settled=True)
    enrol_node(token=issue_enrolment_token(old), public_key=new_key())
    confirm(old)
    old.refresh_from_db()
    assert (old.state, old.drain_until) == ("online", None)
    add(bob)
    with time_machine.travel(until + timedelta(seconds=1), tick=False):
        assert release_left_places() == 0
    assert len(wanted(old)) == 2
    drain_server(server_id=old.pk)
    # Of this drain Alice does not know yet.
    assert move_devices(server_id=old.pk) == 2


def test_a_place_that_the_plan_has_lost_is_lost_on_the_next_server_too(alice: User, ams: Location, old: Server) -> None:
    given = grant(alice, "pro")
    add(alice)
    Location.objects.filter(pk=ams.pk).update(premium=True)
    new = another(ams)
    revoke_grant(given)
    settle_customer(alice.pk)
    drain_server(server_id=old.pk)
    move_devices(server_id=old.pk)
    assert wanted(old) == wanted(new) == set()
    assert_invariants()


def test_at_the_date_the_rest_is_taken_off(alice: User, old: Server) -> None:
    device = add(alice)
    until = timezone.now() + timedelta(days=3)
    drain_server(server_id=old.pk, until=until)
    assert move_devices(server_id=old.pk) == 1
    assert "There is no other server in AMS" in mails()[0].text
    assert until.strftime("%H:%M") in mails()[0].text
    assert (move_devices(server_id=old.pk), release_left_places()) == (0, 0)
    with time_machine.travel(until + timedelta(seconds=1), tick=False):
        assert release_left_places() == 1
        assert release_left_places() == 0
    assert wanted(old) == set()
    assert VpnConfig.objects.live().get() == device
    assert_invariants()


def test_who_could_not_be_moved_is_moved_and_told_when_a_place_is_found(
    alice: User, ams: Location, old: Server
) -> None:
    device = add(alice)
    drain_server(server_id=old.pk)
    move_devices(server_id=old.pk)
    assert draining_servers() == [old.pk]
    new = another(ams)
    assert move_devices(server_id=old.pk) == 1
    assert wanted(new) == {device.public_key}
    assert (len(mails()), draining_servers()) == (2, [])


def test_another_date_is_told_to_those_who_were_told_the_first(
    alice: User, bob: User, ams: Location, old: Server
) -> None:
    add(alice)
    another(ams)
    soon, sooner = (timezone.now() + timedelta(days=days) for days in (9, 2))
    drain_server(server_id=old.pk, until=soon)
    assert move_devices(server_id=old.pk) == 1
    drain_server(server_id=old.pk, until=soon)
    assert move_devices(server_id=old.pk) == 0
    drain_server(server_id=old.pk, until=sooner)
    assert [move_devices(server_id=old.pk) for _ in range(2)] == [1, 0]
    first, second = (mail.text for mail in mails())
    assert f"on {soon:%-d\xa0%b\xa0%Y}" in first
    assert f"on {sooner:%-d\xa0%b\xa0%Y}" in second
    assert "A new place in AMS is ready" in second


def test_a_second_drain_is_told_like_the_first(alice: User, old: Server) -> None:
    add(alice)
    for drains in (1, 2):
        drain_server(server_id=old.pk)
        move_devices(server_id=old.pk)
        assert len(mails()) == drains
        undrain_server(server_id=old.pk)


def test_who_has_a_place_for_one_device_and_none_for_another_is_told_of_both(
    alice: User, ams: Location, old: Server
) -> None:
    grant(alice, "pro")
    for name in ("Phone", "Laptop"):
        add(alice, name)
    # Room for one more device and no other.
    new = another(ams)
    Server.objects.filter(pk=new.pk).update(next_host=254)
    drain_server(server_id=old.pk)
    assert move_devices(server_id=old.pk) == 1
    ready, nothing = (mail.text for mail in mails())
    assert "A new place in AMS is ready" in ready
    assert "- Phone" in ready
    assert "- Laptop" not in ready
    assert "There is no other server in AMS" in nothing
    assert "- Laptop" in nothing
    assert move_devices(server_id=old.pk) == 0


def test_what_a_drain_would_mean_is_counted(alice: User, bob: User, charlie: User, ams: Location, old: Server) -> None:
    grant(alice, "pro")
    for user, name in ((alice, "Phone"), (alice, "Laptop"), (bob, "Phone"), (charlie, "Phone")):
        add(user, name)
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    assert staying_on(old) == Staying(devices=4, customers=3, told=2, other_servers=0)
    another(ams)
    drain_server(server_id=old.pk)
    move_devices(server_id=old.pk)
    assert staying_on(old) == Staying(devices=0, customers=0, told=0, other_servers=1)


def test_a_device_that_is_removed_meanwhile_leaves_both(alice: User, ams: Location, old: Server) -> None:
    device = add(alice)
    new = another(ams)
    drain_server(server_id=old.pk)
    move_devices(server_id=old.pk)
    remove_device(user=alice, device_id=device.pk)
    assert wanted(old) == wanted(new) == set()
    assert_invariants()


def test_a_server_that_drains_gets_nobody_and_takes_devices_again_afterwards(
    alice: User, bob: User, ams: Location, old: Server
) -> None:
    drain_server(server_id=old.pk, until=timezone.now() + timedelta(days=1))
    new = another(ams)
    add(alice)
    assert wanted(new)
    Server.objects.filter(pk=new.pk).update(state="offline")
    undrain_server(server_id=old.pk)
    old.refresh_from_db()
    assert (old.state, old.drain_until) == ("online", None)
    add(bob)
    assert len(wanted(old)) == 1
    with pytest.raises(Conflict):
        undrain_server(server_id=old.pk)


def test_a_date_that_is_over_is_refused(old: Server) -> None:
    with pytest.raises(InvalidInput):
        drain_server(server_id=old.pk, until=timezone.now() - timedelta(minutes=1))


def test_who_was_suspended_during_the_drain_is_told_once_reinstated(
    alice: User, bob: User, sam: User, ams: Location, old: Server
) -> None:
    for user in (alice, bob):
        add(user)
    another(ams)
    suspend_account(user=alice, by=sam)
    drain_server(server_id=old.pk)
    move_devices(server_id=old.pk)
    assert [mail.to for mail in mails()] == ["bob@example.com"]
    assert draining_servers() == []
    unsuspend_account(user=alice, by=sam)
    for _ in range(2):
        empty_servers(timestamp=0)
    assert [mail.to for mail in mails()] == ["bob@example.com", "alice@example.com"]


def test_a_server_is_decommissioned_when_it_is_empty_and_brought_back_with_any_key(
    alice: User, ams: Location, old: Server
) -> None:
    issue_enrolment_token(old)
    device = add(alice)
    confirm(old)
    with pytest.raises(Conflict) as refused:
        decommission_server(server_id=old.pk)
    assert refused.value.code == "server_state"
    drain_server(server_id=old.pk)
    with pytest.raises(Conflict) as refused:
        decommission_server(server_id=old.pk)
    assert refused.value.code == "server_in_use"
    remove_device(user=alice, device_id=device.pk)
    assert VpnConfig.objects.get().removal_confirmed_at is None
    decommission_server(server_id=old.pk)
    # Staff say that the machine is wiped: that settles what its node did not confirm.
    assert VpnConfig.objects.get().removal_confirmed_at is not None
    assert not NodeToken.objects.filter(revoked_at=None).exists()
    old.refresh_from_db()
    assert (old.state, old.public_key) == ("decommissioned", None)
    recommission_server(server_id=old.pk)
    old.refresh_from_db()
    assert old.state == "enrolling"
    assert_invariants()


def test_addresses_of_released_places_rest_before_they_are_given_again(alice: User, ams: Location, old: Server) -> None:
    device = add(alice)
    new = another(ams)
    drain_server(server_id=old.pk)
    move_devices(server_id=old.pk)
    report(new, [row(device, 1, 1)])
    release_left_places()
    freed = IpAssignment.objects.get(server=old)
    assert freed.released_at is not None
    assert old.free_addresses.get(host=freed.host).available_at > timezone.now() + timedelta(minutes=50)
