"""Servers: enrolment, keys, draining, and what may still be changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.admin.addresses import TOO_LATE, action, change, save
from tests.admin.rows.vpn import new_device, new_server
from tests.factories.vpn import make_location
from vpn.models import NodeToken, Server
from vpn.services.credentials import authenticate_node
from vpn.services.nodes import enrol_node, issue_enrolment_token


def enrolled() -> tuple[Server, str]:
    """A server whose node works with the credential given."""
    server = new_server()
    answer = enrol_node(token=issue_enrolment_token(server), public_key=str(server.public_key))
    return server, answer["credential"]


def test_the_enrolment_command_is_shown_once_and_works(staff: Client) -> None:
    server = new_server()
    page = staff.post(action(server, "issue-enrolment"))
    text = page.content.decode()
    assert page["Cache-Control"].count("no-store")
    assert 'name="theme"' not in text
    token = text.split("NEXUSVPN_ENROLMENT_TOKEN=")[1].split()[0]
    assert enrol_node(token=token, public_key=str(server.public_key))["node_id"] == server.pk
    for address in (change(server), action(server, "issue-enrolment")):
        assert token not in staff.get(address).content.decode()
    assert token not in str(list(LogEntry.objects.values_list("change_message", "object_repr")))


ACTIONS = (
    "issue-enrolment",
    "accept-key",
    "order-credential",
    "revoke-node",
    "allow-mass-removal",
    "drain",
    "move-now",
    "undrain",
    "decommission",
    "bring-back",
    "emergency-stop",
)


def test_asking_for_an_action_does_nothing(staff: Client) -> None:
    server, credential = enrolled()
    tokens = NodeToken.objects.count()
    for slug in ACTIONS:
        # What cannot be done with it now leads back to its page.
        assert staff.get(action(server, slug)).status_code in (200, 302)
    server.refresh_from_db()
    assert (server.state, server.stopped_at, server.mass_removal_until) == ("online", None, None)
    assert not server.rotate_credential
    assert NodeToken.objects.count() == tokens
    assert authenticate_node(credential) == server.pk
    assert not LogEntry.objects.exists()


def test_a_new_credential_is_ordered_and_the_present_one_works_on(staff: Client) -> None:
    never_enrolled = new_server()
    assert action(never_enrolled, "order-credential") not in staff.get(change(never_enrolled)).content.decode()
    answer = staff.post(action(never_enrolled, "order-credential"), follow=True)
    assert TOO_LATE in answer.content.decode()
    server, credential = enrolled()
    assert action(server, "order-credential") in staff.get(change(server)).content.decode()
    staff.post(action(server, "order-credential"))
    server.refresh_from_db()
    assert server.rotate_credential
    assert authenticate_node(credential) == server.pk
    assert action(server, "order-credential") not in staff.get(change(server)).content.decode()


def test_revoking_the_credential_ends_it(staff: Client) -> None:
    server, credential = enrolled()
    staff.post(action(server, "revoke-node"))
    assert authenticate_node(credential) is None
    assert LogEntry.objects.get().object_id == str(server.pk)


def test_accepting_a_new_key_forgets_the_former_one(staff: Client) -> None:
    server, credential = enrolled()
    staff.post(action(server, "accept-key"), {"old_machine": "settled", "public_key": str(server.public_key)})
    server.refresh_from_db()
    assert (server.public_key, server.state) == (None, "enrolling")
    assert authenticate_node(credential) is None


def test_a_server_is_drained_and_taken_back(staff: Client) -> None:
    server = new_server()
    staff.post(action(server, "drain"))
    server.refresh_from_db()
    assert server.state == "draining"
    staff.post(action(server, "undrain"))
    server.refresh_from_db()
    assert server.state == "online"


def test_a_server_whose_node_is_silent_is_taken_back_as_offline(staff: Client) -> None:
    server = new_server()
    staff.post(action(server, "drain"))
    server.status.last_report_at = timezone.now() - timedelta(minutes=5)
    server.status.save()
    staff.post(action(server, "undrain"))
    server.refresh_from_db()
    assert server.state == "offline"


@pytest.mark.parametrize(
    ("state", "slug"), [("enrolling", "drain"), ("decommissioned", "drain"), ("online", "undrain")]
)
def test_a_state_that_does_not_admit_it_is_said_and_kept(staff: Client, state: str, slug: str) -> None:
    server = new_server()
    Server.objects.filter(pk=server.pk).update(state=state)
    answer = staff.post(action(server, slug), follow=True)
    assert TOO_LATE in answer.content.decode()
    server.refresh_from_db()
    assert server.state == state
    assert not LogEntry.objects.exists()


def test_the_servers_page_shows_how_its_node_is(staff: Client) -> None:
    server = new_server()
    server.status.__class__.objects.filter(pk=server.pk).update(in_sync=False, cpu_percent=41.7, peer_count=3)
    page = staff.get(change(server)).content.decode()
    for words in ("Last report", "0 of 0", "In sync when last compared", "<td>No</td>", "42 %", "<td>3</td>"):
        assert words in page


SERVER_FORM = {
    "capacity": "250",
    "public_endpoint": "203.0.113.10",
    "port": "51820",
    "network_v4": "10.80.0.0/24",
    "network_v6": "fd80::/64",
    "dns": "9.9.9.9,2620:fe::fe",
    "mtu": "1420",
}


def test_a_server_is_added_and_begins_by_enrolling(staff: Client) -> None:
    form = {**SERVER_FORM, "name": "ams-1", "location": make_location().pk}
    assert staff.post(reverse("admin:vpn_server_add"), form).status_code == 302
    server = Server.objects.get()
    assert (server.state, server.public_key) == ("enrolling", None)
    assert "Issue an enrolment command" in staff.get(change(server)).content.decode()


@pytest.mark.parametrize("network", ["10.80.0.1/24", "10.0.0.0/8", "fd80::/64", "nonsense", ""])
def test_a_network_that_cannot_be_is_refused_at_its_field(staff: Client, network: str) -> None:
    form = {**SERVER_FORM, "name": "ams-1", "location": make_location().pk, "network_v4": network}
    answer = staff.post(reverse("admin:vpn_server_add"), form)
    assert answer.status_code == 200
    assert "network_v4" in answer.context["adminform"].form.errors
    assert not Server.objects.exists()


def test_place_networks_and_port_stay_once_there_are_peers(staff: Client) -> None:
    server = new_device().peers.get().server
    form = {**SERVER_FORM, "name": server.name, "location": make_location("elsewhere").pk}
    changed = {"network_v4": "10.99.0.0/24", "network_v6": "fd99::/64", "port": "1", "capacity": "7"}
    assert save(staff, change(server), {**form, **changed}).status_code == 302
    before = server.location_id
    server.refresh_from_db()
    assert (str(server.network_v4), str(server.network_v6), server.port) == ("10.80.0.0/24", "fd80::/64", 51820)
    assert server.location_id == before
    assert server.capacity == 7


def test_saving_a_server_writes_what_was_changed_and_nothing_that_moved_on_meanwhile(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = new_server()
    form = {**SERVER_FORM, "name": server.name, "location": server.location_id, "capacity": "300"}
    full_clean = Server.full_clean

    def somebody_adds_a_device_meanwhile(self: Server, *args: Any, **kwargs: Any) -> None:
        Server.objects.filter(pk=server.pk).update(revision=41, next_host=258)
        full_clean(self, *args, **kwargs)

    monkeypatch.setattr(Server, "full_clean", somebody_adds_a_device_meanwhile)
    assert save(staff, change(server), form).status_code == 302
    server.refresh_from_db()
    assert (server.capacity, server.revision, server.next_host) == (300, 41, 258)
    assert "network" not in LogEntry.objects.get().change_message


@pytest.mark.parametrize(
    ("ports", "said"),
    [
        ("443,51820", "The server&#x27;s own port need not be repeated here."),
        ("443,443", "A port is here twice."),
        ("443,70000", "Port 2 of the list must be a number from 1 to 65535."),
        ("0", "Port 1 of the list must be a number from 1 to 65535."),
        ("1,2,3,4,5,6,7,8,9", "no more than 8"),
        ("https", "Port 1 of the list must be a number from 1 to 65535."),
    ],
)
def test_further_ports_that_make_no_sense_are_refused_at_their_field(staff: Client, ports: str, said: str) -> None:
    server = new_server()
    form = {**SERVER_FORM, "name": server.name, "location": server.location_id, "extra_ports": ports}
    page = save(staff, change(server), form)
    assert page.status_code == 200
    assert said in page.content.decode()
    server.refresh_from_db()
    assert server.extra_ports == []


@pytest.mark.parametrize(
    ("field", "value", "renewed"), [("mtu", "1380", True), ("extra_ports", "443,53", True), ("capacity", "99", False)]
)
def test_a_changed_interface_reaches_the_node_as_a_new_epoch(
    staff: Client, field: str, value: str, renewed: bool
) -> None:
    server = new_server()
    page = staff.get(change(server)).context["adminform"].form
    data = {name: page.initial[name] for name in page.fields if page.initial.get(name) is not None}
    data |= {"dns": ",".join(server.dns), "extra_ports": ""}
    assert save(staff, change(server), {**data, field: value}).status_code == 302
    after = Server.objects.get(pk=server.pk)
    shown = getattr(after, field)
    assert (",".join(map(str, shown)) if isinstance(shown, list) else str(shown)) == value
    assert (after.epoch != server.epoch) is renewed
