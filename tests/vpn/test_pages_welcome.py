"""The first steps: each is a page, and how far somebody has come is what the tables say."""

from __future__ import annotations

import re
import time
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.vpn.acting import add, confirm, silence
from vpn.models import NodeStatus, Peer, Server, VpnConfig
from vpn.services.device_life import suspend_device
from vpn.services.places import place_for
from vpn.views.guides import SYSTEMS
from vpn.wireguard.keys import derive_public_key

AS_JSON = {"Accept": "application/json"}
CHOSEN = {"system": "ios", "name": "Ada's phone"}


def current_step(text: str) -> str:
    found = re.findall(r'<li aria-current="step"[^>]*>([^<]+)</li>', text.split("<template", maxsplit=1)[0])
    assert len(found) == 1
    return str(found[0])


def where(page: Client) -> str:
    return page.get("/welcome").headers["Location"]


def test_the_entrance_leads_to_the_step_that_is_next(page: Client, alice: User, ams: Server) -> None:
    assert where(page) == "/welcome/device"
    device = add(alice)
    assert where(page) == f"/welcome/connect?device={device.pk}"
    confirm(ams)
    assert where(page) == f"/welcome/connect?device={device.pk}"
    Peer.objects.update(connection="online")
    assert where(page) == "/dashboard"


def test_a_node_that_is_not_heard_sends_nobody_back_to_the_beginning(page: Client, alice: User, ams: Server) -> None:
    add(alice)
    confirm(ams)
    Peer.objects.update(connection="online")
    silence(ams)
    assert where(page) == "/dashboard"


class TestChoosing:
    def test_every_system_with_a_guide_can_be_chosen(self, page: Client) -> None:
        text = page.get("/welcome/device").text
        assert re.findall(r'type="radio" name="system" value="([a-z]+)"', text) == [each.slug for each in SYSTEMS]
        assert current_step(text) == "Choose a device"
        assert "Step 1 of 3" in text
        assert '<a href="/dashboard">Skip for now</a>' in text

    def test_what_was_chosen_is_there_again_on_the_way_back(self, page: Client) -> None:
        text = page.get("/welcome/device", CHOSEN).text
        assert 'value="Ada&#x27;s phone"' in text
        assert re.search(r'value="ios"[^>]* checked', text)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"system": ""}, "Choose one."),
            ({"system": "amiga"}, "Choose one."),
            ({"name": ""}, "This field is required."),
            ({"name": "x" * 65}, "at most 64"),
            ({"name": "a\u202eb"}, "Line breaks and control characters"),
        ],
    )
    def test_what_cannot_be_is_said_at_once_and_what_was_typed_is_kept(
        self, page: Client, changes: dict[str, str], said: str
    ) -> None:
        answer = page.get("/welcome/configuration", {**CHOSEN, **changes})
        assert answer.status_code == 400
        assert said in answer.text
        assert current_step(answer.text) == "Choose a device"
        assert unescape(answer.text).count({**CHOSEN, **changes}["name"]) >= 1

    def test_without_a_choice_the_second_step_is_the_first(self, page: Client) -> None:
        assert page.get("/welcome/configuration").headers["Location"] == "/welcome/device"


class TestConfiguration:
    def test_it_asks_for_the_location_and_makes_nothing_yet(self, page: Client) -> None:
        text = page.get("/welcome/configuration", CHOSEN).text
        assert current_step(text) == "Get its configuration"
        assert 'data-device-keys="add"' in text
        assert '<option value="ams"' in text
        assert "/help/set-up/ios" in text
        assert not VpnConfig.objects.exists()

    def test_a_script_makes_the_key_and_is_told_where_to_go_on(self, page: Client) -> None:
        data = {**CHOSEN, "location": "ams", "public_key": new_key()}
        answer = page.post("/welcome/configuration", data, headers=AS_JSON)
        device = VpnConfig.objects.get()
        assert answer.status_code == 201
        assert answer.json()["next_url"] == f"/welcome/connect?device={device.pk}&system=ios"
        assert "# PrivateKey" in answer.json()["config"]
        assert (device.name, device.public_key) == (CHOSEN["name"], data["public_key"])

    def test_without_scripts_the_server_makes_the_key_and_the_page_leads_on(self, page: Client) -> None:
        answer = page.post("/welcome/configuration", {**CHOSEN, "location": "ams"})
        device = VpnConfig.objects.get()
        assert answer.status_code == 201
        private_key = re.search(r"^PrivateKey = (\S+)$", unescape(answer.text), re.MULTILINE)
        assert private_key
        assert derive_public_key(private_key[1]) == device.public_key
        assert current_step(answer.text) == "Get its configuration"
        assert f'href="/welcome/connect?device={device.pk}&amp;system=ios"' in answer.text
        assert 'href="/help/set-up/ios"' in answer.text

    def test_a_refusal_keeps_the_page_and_says_why(self, page: Client, alice: User) -> None:
        answer = page.post("/welcome/configuration", {**CHOSEN, "location": "nowhere"})
        assert (answer.status_code, "This location does not exist." in answer.text) == (400, True)
        add(alice, CHOSEN["name"])
        answer = page.post(
            "/welcome/configuration", {**CHOSEN, "location": "ams", "public_key": new_key()}, headers=AS_JSON
        )
        assert (answer.status_code, list(answer.json())) == (409, ["errors"])

    def test_loaded_again_after_the_device_was_made_it_offers_a_new_key_and_no_second_device(
        self, page: Client, alice: User
    ) -> None:
        device = add(alice, "Phone")
        for path in ("/welcome/configuration", "/welcome/device"):
            text = page.get(path, CHOSEN).text
            assert "Phone is added already" in text
            assert f'href="/devices/{device.pk}/rotate-key"' in text
            assert f'href="/welcome/connect?device={device.pk}' in text
            assert "<form" not in text.split('id="main"')[1].split("</main>")[0].split("<template")[0]

    def test_a_plan_that_is_full_says_what_makes_room(self, page: Client, alice: User, ams: Server) -> None:
        add(alice)
        confirm(ams)
        Peer.objects.update(connection="online")
        assert "Every device of your plan is in use" in page.get("/welcome/configuration", CHOSEN).text

    def test_without_a_location_there_is_nothing_to_send(self, page: Client) -> None:
        NodeStatus.objects.all().delete()
        text = page.get("/welcome/configuration", CHOSEN).text
        assert "No location of your plan takes new devices now" in text
        assert 'href="/status"' in text


class TestConnecting:
    def test_it_waits_until_a_node_tells_of_a_handshake(self, page: Client, alice: User, ams: Server) -> None:
        path = f"/welcome/connect?device={add(alice, 'Phone').pk}&system=android"
        assert "Activating" in page.get(path).text
        confirm(ams)
        text = page.get(path).text
        assert "Switch the tunnel on in the WireGuard app." in text
        assert "/help/set-up/android" in text
        assert "data-live-done" not in text
        assert current_step(text) == "Connect"
        Peer.objects.update(connection="online")
        text = page.get(path).text
        assert "<b>Phone</b> has connected through AMS." in text
        assert "All 3 steps are done" in text
        assert "data-live-done" in text
        assert "Skip for now" not in text

    def test_what_to_try_is_said_after_a_minute_and_not_before(self, page: Client, alice: User, ams: Server) -> None:
        device = add(alice)
        confirm(ams)
        told = {}
        for age in (0, 58, 61):
            path = f"/welcome/connect?device={device.pk}&system=linux&since={int(time.time()) - age}"
            told[age] = "Nothing yet? Try this" in page.get(path).text
        assert told == {0: False, 58: False, 61: True}
        text = page.get(path).text
        for link in ("/help/connection-problems", "/support", f"/help/set-up/linux?device={device.pk}"):
            assert f'href="{link}"' in text
        Peer.objects.update(connection="online")
        assert "Nothing yet?" not in page.get(path).text

    def test_the_page_asks_itself_and_remembers_since_when(self, page: Client, alice: User) -> None:
        device = add(alice)
        found = re.search(r'data-live-src="([^"]+)"', page.get(f"/welcome/connect?device={device.pk}").text)
        assert found
        asked = unescape(found[1])
        assert re.fullmatch(rf"/welcome/connect\?device={device.pk}&since=\d+", asked)
        assert asked in unescape(page.get(asked).text)

    @pytest.mark.parametrize("since", ["x", "-1", "9" * 12, "9" * 40, "1.5"])
    def test_a_time_that_nobody_can_have_begun_to_wait_at_breaks_nothing(
        self, page: Client, alice: User, since: str
    ) -> None:
        add(alice)
        assert page.get("/welcome/connect", {"since": since}).status_code == 200

    def test_a_silent_node_is_told_and_not_guessed(self, page: Client, alice: User, ams: Server) -> None:
        add(alice)
        confirm(ams)
        silence(ams)
        text = page.get("/welcome/connect").text
        assert "we cannot say whether this device is connected" in text
        assert 'href="/status"' in text

    @pytest.mark.parametrize("silent", ["ams", "zrh"])
    def test_who_has_connected_has_connected_also_when_another_of_their_nodes_falls_silent(
        self, page: Client, alice: User, ams: Server, silent: str
    ) -> None:
        grant(alice, "pro")
        zrh = make_server(make_location("zrh"), network_v4="10.90.0.0/24", network_v6="fd90::/64")
        device = add(alice)
        place_for(user=alice, device_id=device.pk, location_slug="zrh")
        for server in (ams, zrh):
            confirm(server)
            is_silent = server.location.slug == silent
            Peer.objects.filter(server=server).update(connection="online" if is_silent else "idle")
            if is_silent:
                silence(server)
        text = page.get("/welcome/connect").text
        assert f"<b>Phone</b> has connected through {'AMS' if silent == 'zrh' else 'ZRH'}." in text
        assert "we cannot say whether this device is connected" not in text

    def test_a_device_that_is_off_says_why(self, page: Client, alice: User, ams: Server) -> None:
        device = add(alice)
        suspend_device(user=alice, device_id=device.pk, by=VpnConfig.SuspendedBy.CUSTOMER)
        confirm(ams)
        text = page.get(f"/welcome/connect?device={device.pk}").text
        assert "You suspended it." in text
        assert f'href="/devices/{device.pk}"' in text

    def test_without_a_device_it_leads_to_the_first_step(self, page: Client) -> None:
        assert page.get("/welcome/connect").headers["Location"] == "/welcome/device"

    def test_anothers_device_is_not_there(self, page: Client, bob: User) -> None:
        device = add(bob)
        for wanted in (device.pk, uuid4(), "x"):
            assert page.get(f"/welcome/connect?device={wanted}").status_code == 404
        assert page.get("/welcome/connect").headers["Location"] == "/welcome/device"


def test_a_stranger_is_asked_to_sign_in(db: None) -> None:
    for step in ("", "/device", "/configuration", "/connect"):
        assert Client().get(f"/welcome{step}").headers["Location"] == f"/login?next=/welcome{step}"


def test_waiting_costs_the_same_however_many_devices_there_are(
    page: Client, alice: User, ams: Server, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The session, the limit, the person, the device, the plan, what is new."""
    device = add(alice)
    confirm(ams)
    with django_assert_num_queries(6):
        answer = page.get(f"/welcome/connect?device={device.pk}")
    assert "no-store" in answer.headers["Cache-Control"]


def test_it_speaks_german(page: Client) -> None:
    text = page.get("/welcome/device", headers={"Accept-Language": "de"}).text
    assert "Schritt 1 von 3" in text
    assert "Gerät wählen" in text
