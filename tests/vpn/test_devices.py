from __future__ import annotations

import pytest

from tests.api_client import ApiClient
from tests.factories.vpn import make_location, make_server, new_key
from vpn.models import Peer


@pytest.fixture
def ams(db: None) -> None:
    make_server(make_location("ams"))


@pytest.mark.usefixtures("ams")
def test_a_device_gets_addresses_of_both_families(alice_api: ApiClient) -> None:
    answer = alice_api.post("devices", {"name": "Laptop", "location": "ams", "public_key": new_key()})
    assert answer.status == 201, answer.body
    assert answer.data["ipv4"] == "10.80.0.2"
    assert answer.data["ipv6"] == "fd80::2"
    assert answer.data["state"] == "activating"
    assert Peer.objects.get().revision == 1
    assert alice_api.get("devices").data["items"] == [answer.data]
