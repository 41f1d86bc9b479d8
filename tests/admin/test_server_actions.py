"""Emptying a server and bringing it back: what is asked, what is said beforehand, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from tests.admin.addresses import action, change
from tests.admin.rows.vpn import new_server
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from tests.vpn.acting import add, confirm
from vpn.errors import PublicKeyInUse
from vpn.models import Peer, Server, VpnConfig
from vpn.services.device_life import suspend_device
from vpn.services.device_views import recently_removed
from vpn.services.devices import check_key_is_free, remove_device
from vpn.services.emptying import drain_server
from vpn.services.nodes import enrol_node, issue_enrolment_token


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams", name="Amsterdam"))


def moves() -> int:
    return int(ProcrastinateJob.objects.filter(task_name="vpn.tasks.move_from").count())


def test_before_a_drain_it_is_said_how_many_customers_are_told(
    staff: Client, ams: Server, alice: User, bob: User
) -> None:
    grant(alice, "pro")
    for user, name in ((alice, "Phone"), (alice, "Laptop"), (bob, "Phone")):
        add(user, name)
    alone = staff.get(action(ams, "drain")).content.decode()
    assert "No other server of Amsterdam takes devices now, so its 3 devices cannot be moved" in alone
    assert "2 customers are told by mail that they have to choose another location." in alone
    make_server(ams.location, network_v4="10.90.0.0/24", network_v6="fd90::/64")
    together = staff.get(action(ams, "drain")).content.decode()
    assert "Its 3 devices get another place in Amsterdam, as far as there is room, and 2 customers are told" in together
    ams.refresh_from_db()
    assert (ams.state, moves()) == ("online", 0)


def test_a_date_is_chosen_in_the_browsers_picker(staff: Client, ams: Server, alice: User) -> None:
    for page in (action(ams, "drain"), action(alice, "give-plan")):
        text = staff.get(page).text
        assert 'type="datetime-local"' in text
        assert "Date and time in UTC. Empty:" in text
        # No example that a picker takes in another form.
        assert "2026-12-01 10:00" not in text


def test_a_drain_may_have_a_date_and_another_one_later(staff: Client, ams: Server) -> None:
    assert staff.post(action(ams, "drain"), {"until": "2099-12-01T10:00"}).status_code == 302
    ams.refresh_from_db()
    assert (ams.state, ams.drain_until, moves()) == ("draining", datetime(2099, 12, 1, 10, tzinfo=UTC), 1)
    assert LogEntry.objects.latest("pk").change_message == "Drain: 2099-12-01 10:00 UTC"
    staff.post(action(ams, "drain"), {"until": ""})
    ams.refresh_from_db()
    assert (ams.state, ams.drain_until) == ("draining", None)
    assert LogEntry.objects.latest("pk").change_message == "Drain"


@pytest.mark.parametrize(
    ("until", "said"),
    [("2001-01-01T00:00", "Choose a time that is still to come."), ("soon", "Enter a valid date/time.")],
)
def test_a_date_that_makes_no_sense_is_refused_at_its_field(staff: Client, ams: Server, until: str, said: str) -> None:
    answer = staff.post(action(ams, "drain"), {"until": until})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    ams.refresh_from_db()
    assert ams.state == "online"
    assert not LogEntry.objects.exists()


def test_devices_are_moved_at_once_and_the_drain_keeps_its_date(staff: Client, ams: Server) -> None:
    until = timezone.now() + timedelta(days=2)
    drain_server(server_id=ams.pk, until=until)
    assert staff.post(action(ams, "move-now")).status_code == 302
    ams.refresh_from_db()
    assert (ams.state, ams.drain_until, moves()) == ("draining", until, 2)


def test_a_server_is_decommissioned_on_somebodys_word_that_the_machine_is_wiped(
    staff: Client, ams: Server, alice: User
) -> None:
    device = add(alice)
    confirm(ams)
    staff.post(action(ams, "drain"))
    refused = staff.post(action(ams, "decommission"), {"wiped": "on"}, follow=True).content.decode()
    assert "Devices are still placed on this server." in refused
    remove_device(user=alice, device_id=device.pk)
    asked = staff.get(action(ams, "decommission")).content.decode()
    assert "1 removal that its node has not confirmed then count" in asked
    assert staff.post(action(ams, "decommission"), {}).status_code == 400
    ams.refresh_from_db()
    assert ams.state == "draining"
    assert staff.post(action(ams, "decommission"), {"wiped": "on"}).status_code == 302
    ams.refresh_from_db()
    device.refresh_from_db()
    assert (ams.state, ams.public_key, Peer.objects.count()) == ("decommissioned", None, 0)
    assert device.removal_confirmed_at is not None
    answer = staff.post(action(ams, "bring-back"), follow=True)
    assert "Issue an enrolment command" in answer.content.decode()
    ams.refresh_from_db()
    assert ams.state == "enrolling"


def test_mass_removal_is_allowed_for_ten_minutes(staff: Client, ams: Server) -> None:
    before = ams.epoch
    staff.post(action(ams, "allow-mass-removal"))
    ams.refresh_from_db()
    assert ams.mass_removal_until is not None
    assert timedelta(minutes=9) < ams.mass_removal_until - timezone.now() <= timedelta(minutes=10)
    assert ams.epoch != before


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("online", {"drain"}),
        ("draining", {"drain", "move-now", "undrain", "decommission"}),
        ("offline", {"drain", "decommission"}),
        ("enrolling", {"decommission"}),
        ("decommissioned", {"bring-back"}),
    ],
)
def test_only_what_a_state_admits_is_offered(staff: Client, state: str, offered: set[str]) -> None:
    server = new_server()
    Server.objects.filter(pk=server.pk).update(state=state)
    page = staff.get(change(server)).content.decode()
    slugs = ("drain", "move-now", "undrain", "decommission", "bring-back")
    assert {slug for slug in slugs if action(server, slug) in page} == offered


def test_the_list_says_what_goes_beyond_a_state(staff: Client, ams: Server, alice: User) -> None:
    drain_server(server_id=ams.pk, until=datetime(2099, 12, 1, 10, tzinfo=UTC))
    ams.status.__class__.objects.update(in_sync=False, peer_count=7)
    Server.objects.update(stopped_at=timezone.now())
    page = staff.get("/admin/vpn/server/").content.decode()
    cell = page.split('field-condition">')[1].split("</td>")[0]
    for words in ("Emergency stop: draining until", "1\xa0Dec\xa02099, 10:00\xa0UTC", "interface differs"):
        assert words in cell
    assert ">7 of 250</td>" in page


class TestANewMachineUnderAnOldName:
    """A removal that the old machine has not confirmed is not confirmed by the new one, unless staff answer for the old one."""

    @pytest.fixture
    def removed(self, ams: Server, alice: User) -> VpnConfig:
        device = add(alice)
        confirm(ams)
        remove_device(user=alice, device_id=device.pk)
        return device

    def replace(self, staff: Client, ams: Server, old_machine: str) -> None:
        asked = staff.get(action(ams, "accept-key")).content.decode()
        assert "1 removal on it is not confirmed yet" in asked
        form = {"old_machine": old_machine, "public_key": str(Server.objects.get(pk=ams.pk).public_key)}
        assert staff.post(action(ams, "accept-key"), form).status_code == 302
        enrol_node(token=issue_enrolment_token(ams), public_key=new_key())
        confirm(ams)

    def test_staff_have_to_say_what_became_of_the_old_one(self, staff: Client, ams: Server) -> None:
        assert staff.post(action(ams, "accept-key"), {}).status_code == 400
        ams.refresh_from_db()
        assert ams.public_key is not None

    def test_a_settled_machine_needs_no_further_word(self, staff: Client, ams: Server, removed: VpnConfig) -> None:
        self.replace(staff, ams, "settled")
        removed.refresh_from_db()
        assert removed.removal_confirmed_at is not None
        assert action(ams, "settle-machine") not in staff.get(change(ams)).content.decode()

    def test_what_the_old_machine_may_hold_stays_unconfirmed_until_staff_say_that_it_is_wiped(
        self, staff: Client, ams: Server, removed: VpnConfig
    ) -> None:
        self.replace(staff, ams, "may hold keys")
        removed.refresh_from_db()
        assert removed.removal_confirmed_at is None
        (view,) = recently_removed(removed.user_id)
        assert (view.lifecycle, view.unconfirmed) == ("removing", (f"{ams.location.name} (former machine)",))
        assert "1 removal not confirmed by a former machine" in staff.get(change(ams)).content.decode()
        with pytest.raises(PublicKeyInUse):
            check_key_is_free(removed.public_key)
        assert staff.post(action(ams, "settle-machine"), {"wiped": "on"}).status_code == 302
        removed.refresh_from_db()
        assert removed.removal_confirmed_at is not None
        said = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
        assert list(said) == ["Accept a new WireGuard key: may hold keys", "Former machine is wiped"]
        assert_invariants()

    def test_a_device_that_was_paused_then_and_is_removed_later_is_not_confirmed_by_the_new_machine(
        self, staff: Client, ams: Server, alice: User
    ) -> None:
        device = add(alice)
        confirm(ams)
        suspend_device(user=alice, device_id=device.pk, by=VpnConfig.SuspendedBy.CUSTOMER)
        self.replace(staff, ams, "may hold keys")
        remove_device(user=alice, device_id=device.pk)
        confirm(ams)
        device.refresh_from_db()
        assert device.removal_confirmed_at is None
        assert_invariants()
