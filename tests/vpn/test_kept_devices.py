"""Which devices stay where a plan has room for fewer."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from billing.models import Plan, PlanGrant, Subscription
from billing.plan_effects import effects_of
from billing.services.grants import revoke_grant
from nexusvpn.errors import InvalidInput
from tests.api_client import ApiClient
from tests.factories.billing import grant
from tests.factories.payments import make_subscription, price_of
from tests.factories.vpn import make_location, make_server
from tests.invariants import assert_invariants
from tests.jobs import run_due_jobs
from tests.vpn.acting import add, wanted
from vpn.models import Server, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.devices import remove_device
from vpn.services.kept_devices import choices_of, keep_devices

pytestmark = pytest.mark.django_db
NAMES = ("Phone", "Laptop", "Tablet")


@pytest.fixture
def server(db: None) -> Server:
    return make_server(make_location("ams"))


@pytest.fixture
def pro(alice: User) -> PlanGrant:
    return grant(alice, "pro")


@pytest.fixture
def devices(server: Server, alice: User, pro: PlanGrant) -> dict[str, VpnConfig]:
    """Three, of which the free plan has room for one."""
    return {name: add(alice, name) for name in NAMES}


def connected(server: Server, devices: dict[str, VpnConfig]) -> list[str]:
    keys = wanted(server)
    return [name for name, device in devices.items() if device.public_key in keys]


def lose_plan(pro: PlanGrant) -> None:
    revoke_grant(pro)
    run_due_jobs()


def test_without_a_choice_the_oldest_stay(server: Server, devices: dict[str, VpnConfig], pro: PlanGrant) -> None:
    lose_plan(pro)
    assert connected(server, devices) == ["Phone"]
    assert_invariants()


def test_what_was_chosen_before_stays(
    alice: User, server: Server, devices: dict[str, VpnConfig], pro: PlanGrant
) -> None:
    keep_devices(user=alice, device_ids=[devices["Tablet"].pk])
    assert connected(server, devices) == list(NAMES)
    lose_plan(pro)
    assert connected(server, devices) == ["Tablet"]
    assert_invariants()


def test_what_is_chosen_afterwards_takes_the_others_place_at_once(
    alice: User, server: Server, devices: dict[str, VpnConfig], pro: PlanGrant
) -> None:
    lose_plan(pro)
    before = {name: device.assignments.get().ipv4 for name, device in devices.items()}
    keep_devices(user=alice, device_ids=[devices["Laptop"].pk])
    assert connected(server, devices) == ["Laptop"]
    keep_devices(user=alice, device_ids=[])
    assert connected(server, devices) == ["Phone"]
    assert {name: device.assignments.get().ipv4 for name, device in devices.items()} == before
    assert_invariants()


def test_more_chosen_ones_than_there_is_room_for_stay_by_age(
    alice: User, server: Server, devices: dict[str, VpnConfig], pro: PlanGrant
) -> None:
    keep_devices(user=alice, device_ids=[devices["Tablet"].pk, devices["Laptop"].pk])
    lose_plan(pro)
    assert connected(server, devices) == ["Laptop"]


def test_the_room_that_is_left_goes_to_the_oldest(
    alice: User, server: Server, devices: dict[str, VpnConfig], pro: PlanGrant
) -> None:
    Plan.objects.filter(code="free").update(device_limit=2)
    keep_devices(user=alice, device_ids=[devices["Tablet"].pk])
    lose_plan(pro)
    assert connected(server, devices) == ["Phone", "Tablet"]


def test_a_removed_ones_place_goes_on_to_the_next(
    alice: User, server: Server, devices: dict[str, VpnConfig], pro: PlanGrant
) -> None:
    keep_devices(user=alice, device_ids=[devices["Tablet"].pk])
    lose_plan(pro)
    remove_device(user=alice, device_id=devices["Tablet"].pk)
    assert connected(server, devices) == ["Phone"]


def test_other_peoples_and_removed_devices_cannot_be_chosen(
    alice: User, bob: User, devices: dict[str, VpnConfig]
) -> None:
    remove_device(user=alice, device_id=devices["Phone"].pk)
    for wrong in (add(bob).pk, devices["Phone"].pk, uuid4()):
        with pytest.raises(InvalidInput):
            keep_devices(user=alice, device_ids=[devices["Laptop"].pk, wrong])
    assert not VpnConfig.objects.filter(kept_at__isnull=False).exists()


class TestWhatAPlanWouldDo:
    def test_a_smaller_one_names_the_devices_that_stop(self, alice: User, devices: dict[str, VpnConfig]) -> None:
        keep_devices(user=alice, device_ids=[devices["Laptop"].pk])
        (effect,) = effects_of(alice, Plan.objects.get(code="free"))
        assert effect.names == ("Phone", "Tablet")
        assert effect.link == "/devices/keep?plan=free"
        assert effects_of(alice, Plan.objects.get(code="basic")) == []

    def test_one_without_premium_names_what_loses_its_location(self, alice: User, pro: PlanGrant) -> None:
        make_server(make_location("lux", premium=True, name="Luxembourg"))
        add(alice, "Phone", "lux")
        (effect,) = effects_of(alice, Plan.objects.get(code="basic"))
        assert effect.names == ("Phone in Luxembourg",)

    def test_what_is_off_already_is_not_told_again(
        self, alice: User, devices: dict[str, VpnConfig], pro: PlanGrant
    ) -> None:
        lose_plan(pro)
        assert effects_of(alice, Plan.objects.get(code="free")) == []

    def test_it_tells_what_then_happens(self, alice: User, server: Server, devices: dict[str, VpnConfig]) -> None:
        PlanGrant.objects.all().delete()
        made = make_subscription(alice, price_of("pro"))
        told = {name for effect in effects_of(alice, Plan.objects.get(code="free")) for name in effect.names}
        Subscription.objects.filter(pk=made.pk).update(status="canceled", ended_at=made.started_at)
        settle_customer(alice.pk)
        assert set(NAMES) - set(connected(server, devices)) == told


class TestThePage:
    @pytest.fixture
    def browser(self, alice: User) -> Client:
        client = Client()
        client.force_login(alice)
        return client

    def test_it_says_what_stays_now_and_with_the_plan_that_is_looked_at(
        self, browser: Client, devices: dict[str, VpnConfig]
    ) -> None:
        text = browser.get("/devices/keep").text
        assert "Your plan Pro has room for 10 devices." in text
        assert "All of yours stay." in text
        assert "The others stop" not in text
        assert "Stops" not in text
        text = browser.get("/devices/keep", {"plan": "free"}).text
        assert "Free has room for 1 device, and you have 3." in text
        assert "The others stop and keep their addresses." in text
        assert (text.count("Stays with Free."), text.count("Stops with Free.")) == (1, 2)

    def test_a_choice_is_saved_and_shown(
        self, browser: Client, alice: User, devices: dict[str, VpnConfig], pro: PlanGrant
    ) -> None:
        lose_plan(pro)
        assert 'href="/devices/keep"' in browser.get("/dashboard").text
        answer = browser.post("/devices/keep", {"devices": [str(devices["Tablet"].pk)]}, follow=True)
        assert "these stay first, then the oldest" in answer.text
        assert [choice.device.name for choice in choices_of(alice, 1) if choice.stays] == ["Tablet"]
        assert browser.get("/devices/keep").text.count(" checked") == 1

    @pytest.mark.parametrize("value", ["not an id", "5d0c2f0e-6c6b-4b0e-9d0c-0a3f5e8f2f11"])
    def test_nonsense_is_refused_and_changes_nothing(
        self, browser: Client, devices: dict[str, VpnConfig], value: str
    ) -> None:
        answer = browser.post("/devices/keep", {"devices": [value]})
        assert answer.status_code == 400
        assert "Choose among the devices that you have now." in answer.text

    def test_what_is_refused_keeps_its_ticks_and_the_plan_that_is_looked_at(
        self, browser: Client, devices: dict[str, VpnConfig]
    ) -> None:
        address = "/devices/keep?plan=free"
        assert f'action="{address}"' in browser.get(address).text
        text = browser.post(address, {"devices": [str(devices["Tablet"].pk), "not an id"]}).text
        assert "Free has room for 1 device" in text
        assert f'action="{address}"' in text
        assert (text.count(" checked"), f'id="keep-{devices["Tablet"].pk}" checked' in text) == (1, True)

    def test_an_unknown_plan_shows_the_present_one(self, browser: Client, devices: dict[str, VpnConfig]) -> None:
        assert "Your plan Pro" in browser.get("/devices/keep", {"plan": "gold"}).text

    def test_without_devices_there_is_nothing_to_choose(self, browser: Client) -> None:
        assert "You have no devices" in browser.get("/devices/keep").text

    def test_one_has_to_be_signed_in(self) -> None:
        assert Client().get("/devices/keep").status_code == 302


class TestOverTheApi:
    ADDRESS = "devices/keep"

    def test_a_choice_is_taken_and_answered_in_the_order_in_which_devices_stay(
        self, alice_api: ApiClient, devices: dict[str, VpnConfig], pro: PlanGrant
    ) -> None:
        lose_plan(pro)
        answer = alice_api.request("PUT", self.ADDRESS, {"devices": [str(devices["Tablet"].pk)]})
        assert answer.status == 200
        assert answer.data == alice_api.get(self.ADDRESS).data
        shown = [(found["name"], found["chosen"], found["stays"]) for found in answer.data["devices"]]
        assert shown == [("Tablet", True, True), ("Phone", False, False), ("Laptop", False, False)]
        assert answer.data["room"] == 1

    def test_anothers_device_is_no_choice(self, bob_api: ApiClient, devices: dict[str, VpnConfig]) -> None:
        answer = bob_api.request("PUT", self.ADDRESS, {"devices": [str(devices["Phone"].pk)]})
        assert (answer.status, list(answer.fields)) == (400, ["devices"])

    @pytest.mark.parametrize("body", [{}, {"devices": "all"}, {"devices": [1]}, {"devices": [], "plan": "pro"}])
    def test_nonsense_is_400(self, alice_api: ApiClient, body: Any) -> None:
        assert alice_api.request("PUT", self.ADDRESS, body).status == 400
