"""Of which device a ticket is: one of the person's own, and what that was called then."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.belongings import belongings_of, register_belongings
from accounts.models import User
from support.models import Ticket
from tests.api_client import ApiClient
from tests.factories.vpn import make_location, make_server
from tests.vpn.acting import add
from vpn.models import VpnConfig

NEW = {"subject": "My tunnel stops", "message": "It stops after a minute."}


@pytest.fixture
def phone(alice: User) -> VpnConfig:
    make_server(make_location("ams"))
    return add(alice, name="Phone")


def test_ones_own_device_is_named(alice_api: ApiClient, phone: VpnConfig) -> None:
    answer = alice_api.post("tickets", {**NEW, "device": str(phone.pk), "category": "devices"})
    assert (answer.status, answer.data["category"]) == (201, "devices")
    assert answer.data["device"] == {"id": str(phone.pk), "name": "Phone"}
    VpnConfig.objects.filter(pk=phone.pk).update(name="Old phone")
    assert alice_api.get(f"tickets/{answer.data['id']}").data["device"]["name"] == "Phone"


def test_anybody_elses_and_one_that_there_is_not_are_refused_alike(bob_api: ApiClient, phone: VpnConfig) -> None:
    strangers = bob_api.post("tickets", {**NEW, "device": str(phone.pk)})
    missing = bob_api.post("tickets", {**NEW, "device": str(uuid4())})
    assert (strangers.status, strangers.fields) == (missing.status, missing.fields)
    assert (strangers.status, list(strangers.fields)) == (400, ["device"])
    assert not Ticket.objects.exists()


def test_one_that_was_removed_is_refused_but_a_repeat_of_before_is_not(alice_api: ApiClient, phone: VpnConfig) -> None:
    body, key = {**NEW, "device": str(phone.pk)}, {"Idempotency-Key": "phone-1"}
    first = alice_api.post("tickets", body, **key)
    VpnConfig.objects.filter(pk=phone.pk).update(revoked_at=timezone.now())
    assert alice_api.post("tickets", body, **key).data["id"] == first.data["id"]
    assert alice_api.post("tickets", body).status == 400


def test_another_device_or_category_under_the_same_key_is_something_else(
    alice_api: ApiClient, phone: VpnConfig
) -> None:
    key = {"Idempotency-Key": "phone-1"}
    alice_api.post("tickets", NEW, **key)
    for other in ({"device": str(phone.pk)}, {"category": "payments"}):
        assert alice_api.post("tickets", {**NEW, **other}, **key).code == "idempotency_key_reused"


@pytest.mark.parametrize("values", [{"device": "phone"}, {"device": 7}, {"category": "urgent"}, {"category": None}])
def test_what_is_neither_is_400_and_named(alice_api: ApiClient, values: dict[str, object]) -> None:
    answer = alice_api.post("tickets", {**NEW, **values})
    assert (answer.status, list(answer.fields)) == (400, list(values))


def test_without_a_device_there_is_none(alice_api: ApiClient) -> None:
    assert alice_api.post("tickets", {**NEW, "device": None}).data["device"] is None


def test_a_kind_is_registered_once_and_one_that_is_not_has_nothing(alice: User) -> None:
    assert belongings_of(alice, "car") == []
    with pytest.raises(ValueError, match="device"):
        register_belongings("device", lambda user: [])
