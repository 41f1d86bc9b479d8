"""Adding a device in a browser: by the script, which made the keys, and by the plain form, where the server does."""

from __future__ import annotations

import plistlib
import re
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote_to_bytes

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from nexusvpn.errors import Unavailable
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from tests.stored import text_of_every_table
from vpn.models import Location, NodeStatus, Peer, Server, VpnConfig
from vpn.wireguard.config import PRIVATE_KEY_PLACEHOLDER
from vpn.wireguard.keys import derive_public_key

# Limits count by the minute; a test must not begin in one and end in the next.
NOW = datetime.now(UTC)
AS_JSON = {"Accept": "application/json"}


def form(**changes: str) -> dict[str, str]:
    return {"name": "Laptop", "location": "ams", "public_key": new_key(), **changes}


def fetch(page: Client, data: dict[str, str]) -> Any:
    return page.post("/devices/new", data, headers=AS_JSON)


class TestByScript:
    def test_the_answer_has_the_configuration_with_a_place_for_the_key(self, page: Client) -> None:
        answer = fetch(page, form(name="My phone"))
        device = VpnConfig.objects.get()
        assert answer.status_code == 201
        assert set(answer.json()) == {"device_url", "profile_url", "config", "name", "state"}
        assert answer.json()["device_url"] == f"/devices/{device.id}"
        assert answer.json()["profile_url"] == f"/devices/{device.id}/config/profile"
        assert (answer.json()["name"], answer.json()["state"]) == ("My phone", "activating")
        assert answer.json()["config"].count(PRIVATE_KEY_PLACEHOLDER) == 1
        assert not re.search(r"^PrivateKey", answer.json()["config"], re.MULTILINE)
        assert "no-store" in answer.headers["Cache-Control"]
        assert_invariants()

    def test_sending_it_again_answers_the_same_device(self, page: Client) -> None:
        data = form()
        assert fetch(page, data).json() == fetch(page, data).json()
        assert VpnConfig.objects.count() == 1

    def test_a_node_that_has_confirmed_makes_it_active(self, page: Client, ams: Server) -> None:
        NodeStatus.objects.update(applied_revision=1)
        assert fetch(page, form()).json()["state"] == "never_used"

    @pytest.mark.parametrize(
        ("changes", "status", "field", "text"),
        [
            ({"name": ""}, 400, "name", "This field is required."),
            ({"name": "x" * 65}, 400, "name", "at most 64"),
            ({"location": ""}, 400, "location", "This field is required."),
            ({"location": "nowhere"}, 400, "location", "This location does not exist."),
            ({"location": "a\0b"}, 400, "location", "Null characters are not allowed."),
            ({"public_key": "x"}, 400, "public_key", "32 bytes in base64"),
            # The script has its own pair; the server must not slip it another one.
            ({"public_key": ""}, 400, "public_key", "This field is required."),
        ],
    )
    def test_bad_input_is_named_by_its_field(
        self, page: Client, changes: dict[str, str], status: int, field: str, text: str
    ) -> None:
        answer = fetch(page, form(**changes))
        assert answer.status_code == status
        assert list(answer.json()) == ["errors"]
        assert list(answer.json()["errors"]) == [field]
        assert text in answer.json()["errors"][field][0]
        assert not VpnConfig.objects.exists()

    def test_a_refusal_by_the_service_keeps_its_status_and_field(self, page: Client, alice: User) -> None:
        grant(alice, "basic")
        taken = form()
        fetch(page, taken)
        answers = [
            (fetch(page, form(name="LAPTOP")), 409, "name"),
            (fetch(page, form(name="Phone", public_key=taken["public_key"])), 409, "public_key"),
        ]
        Location.objects.update(premium=True)
        answers.append((fetch(page, form(name="Phone")), 403, "location"))
        Location.objects.update(premium=False)
        Server.objects.update(state="offline")
        answers.append((fetch(page, form(name="Phone")), 409, "__all__"))
        for answer, status, field in answers:
            assert (answer.status_code, list(answer.json()["errors"])) == (status, [field])
        assert VpnConfig.objects.count() == 1

    def test_the_plans_limit_is_told_above_the_form(self, page: Client) -> None:
        fetch(page, form())
        answer = fetch(page, form(name="Second"))
        assert answer.status_code == 409
        assert answer.json() == {"errors": {"__all__": ["Your plan has no room for another device. Remove one first."]}}

    def test_a_dependency_that_is_down_says_when_to_come_back(self, page: Client) -> None:
        with patch("vpn.views.new_device.add_device", side_effect=Unavailable(retry_after=7)):
            answer = fetch(page, form())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
        assert list(answer.json()["errors"]) == ["__all__"]

    @time_machine.travel(NOW, tick=False)
    def test_the_limit_on_everything_holds_here_too(self, page: Client) -> None:
        statuses = [page.get("/devices/new").status_code for _ in range(100)]
        assert statuses == [200] * 100
        refused = fetch(page, form())
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 61
        assert not VpnConfig.objects.exists()

    def test_a_stranger_is_sent_to_sign_in_and_makes_nothing(self, ams: Server) -> None:
        answer = fetch(Client(), form())
        assert answer.headers["Location"] == "/login?next=/devices/new"
        assert not VpnConfig.objects.exists()

    def test_a_request_from_another_site_makes_nothing(self, ams: Server, alice: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice)
        assert fetch(strict, form()).status_code == 403
        assert not VpnConfig.objects.exists()


class TestByPlainForm:
    def test_the_server_makes_the_key_shows_it_once_and_stores_it_nowhere(self, page: Client) -> None:
        answer = page.post("/devices/new", form(public_key=""))
        assert answer.status_code == 201
        shown = re.search(r"^PrivateKey = (\S{44})$", answer.text, re.MULTILINE)
        assert shown
        private = shown[1]
        assert derive_public_key(private) == VpnConfig.objects.get().public_key == Peer.objects.get().public_key
        assert "Save this now." in answer.text
        assert "data-returns" not in answer.text
        assert "no-store" in answer.headers["Cache-Control"]
        for path in ("", "/config", "/state"):
            assert private not in page.get(f"/devices/{VpnConfig.objects.get().pk}{path}").text
        stored = text_of_every_table()
        assert VpnConfig.objects.get().public_key in stored
        assert private not in stored
        assert private not in str(page.cookies)
        assert_invariants()

    def test_the_file_is_on_the_page_itself(self, page: Client) -> None:
        answer = page.post("/devices/new", form(public_key="", name="Büro 1"))
        assert 'download="buro-1.conf" href="data:application/octet-stream,%5BInterface%5D%0APrivateKey' in answer.text

    def test_so_are_the_profiles_for_apples_systems_with_the_key(self, page: Client) -> None:
        answer = page.post("/devices/new", form(public_key="", name="Büro 1"))
        key = re.search(r"^PrivateKey = (\S{44})$", answer.text, re.MULTILINE)
        links = re.findall(
            r'download="buro-1.mobileconfig" href="data:application/x-apple-aspen-config,(.*?)"', answer.text
        )
        assert key is not None
        profiles = [plistlib.loads(unquote_to_bytes(link)) for link in links]
        tunnels = [profile["PayloadContent"][0] for profile in profiles]
        assert [tunnel["VPNSubType"] for tunnel in tunnels] == ["com.wireguard.ios", "com.wireguard.macos"]
        assert all(f"PrivateKey = {key[1]}\n" in tunnel["VendorConfig"]["WgQuickConfig"] for tunnel in tunnels)

    def test_with_a_key_of_ones_own_the_page_has_none(self, page: Client) -> None:
        answer = page.post("/devices/new", form())
        assert PRIVATE_KEY_PLACEHOLDER in answer.text
        assert "mobileconfig" not in answer.text
        assert "Our server made" not in answer.text

    @pytest.mark.parametrize(
        ("changes", "status", "text"),
        [
            ({"public_key": "x"}, 400, "32 bytes in base64"),
            ({"location": "nowhere"}, 400, "This location does not exist."),
        ],
    )
    def test_a_refused_form_says_why_and_keeps_what_was_typed(
        self, page: Client, changes: dict[str, str], status: int, text: str
    ) -> None:
        answer = page.post("/devices/new", form(**{"name": "Kept", **changes}))
        assert answer.status_code == status
        assert text in answer.text
        assert 'value="Kept"' in answer.text

    def test_a_location_that_went_offline_is_a_conflict(self, page: Client) -> None:
        make_server(make_location("zrh"), network_v4="10.90.0.0/24", network_v6="fd90::/64")
        Server.objects.filter(location__slug="ams").update(state="offline")
        answer = page.post("/devices/new", form(public_key=""))
        assert answer.status_code == 409
        assert "No server of this location takes new devices now." in answer.text


class TestForm:
    def test_locations_that_cannot_be_chosen_are_listed_with_the_reason(self, page: Client) -> None:
        make_server(
            make_location("nrt", city="Tokyo", name="Japan", premium=True),
            network_v4="10.91.0.0/24",
            network_v6="fd91::/64",
        )
        make_location("zrh", city="Zürich", name="Zürich", country_code="CH")
        make_location("hidden", name="Hidden", is_active=False)
        text = page.get("/devices/new").text
        assert '<option value="ams">Amsterdam, AMS</option>' in text
        assert '<option value="nrt" disabled>Tokyo, Japan (not in your plan)</option>' in text
        assert '<option value="zrh" disabled>Zürich, Switzerland (not in service)</option>' in text
        assert "Hidden" not in text

    def test_without_any_location_the_page_says_so_instead_of_a_form(self, page: Client) -> None:
        Server.objects.update(state="offline")
        text = page.get("/devices/new").text
        assert "No location of your plan takes new devices now" in text
        assert 'name="public_key"' not in text

    def test_a_full_plan_is_told_before_anything_is_typed(self, page: Client) -> None:
        fetch(page, form())
        assert "Every device of your plan is in use" in page.get("/devices/new").text
        answer = page.post("/devices/new", form(name="Second", public_key=""))
        assert (answer.status_code, VpnConfig.objects.count()) == (409, 1)
