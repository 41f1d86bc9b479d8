from __future__ import annotations

import pytest

from accounts.models import User
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.vpn import make_location, make_server
from vpn.models import FavouriteLocation, NodeStatus, Server
from vpn.services.locations import locations_with_servers

pytestmark = pytest.mark.django_db


def test_anybody_sees_the_active_ones_with_what_nodes_measured(api: ApiClient) -> None:
    ams = make_location("ams")
    make_location("hidden", is_active=False)
    make_location("zrh", premium=True)
    busy, calm = make_server(ams), make_server(ams, network_v4="10.81.0.0/24", network_v6="fd81::/64")
    NodeStatus.objects.filter(server=busy).update(peer_count=250)
    NodeStatus.objects.filter(server=calm).update(peer_count=50)
    items = {item["slug"]: item for item in api.get("locations").data["items"]}
    assert set(items) == {"ams", "zrh"}
    assert (items["ams"]["online"], items["ams"]["load"]) == (True, 0.2)
    assert (items["zrh"]["online"], items["zrh"]["load"], items["zrh"]["premium"]) == (False, None, True)


def test_load_is_unknown_until_a_node_has_said_it(api: ApiClient) -> None:
    NodeStatus.objects.filter(server=make_server(make_location("ams"))).update(peer_count=None)
    assert api.get("locations").data["items"][0]["load"] is None


def test_an_unchanged_list_is_304(api: ApiClient) -> None:
    server = make_server(make_location("ams"))
    etag = api.get("locations").headers["ETag"]
    unchanged = api._client.get("/api/v1/locations", headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    Server.objects.filter(pk=server.pk).update(state="offline")
    assert api.get("locations", **{"If-None-Match": etag}).status == 200


def test_maps_learn_how_many_servers_a_location_has_and_programs_do_not(api: ApiClient) -> None:
    amsterdam = make_location("ams")
    make_location("empty")
    make_server(amsterdam)
    make_server(amsterdam, state="offline", network_v4="10.81.0.0/24", network_v6="fd81::/64")
    make_server(amsterdam, state="decommissioned", network_v4="10.82.0.0/24", network_v6="fd82::/64")
    assert {row["slug"]: row["servers"] for row in locations_with_servers()} == {"ams": 2, "empty": 0}
    assert {"servers", "working", "state"}.isdisjoint(api.get("locations").data["items"][0])


class TestFavourites:
    def test_they_are_added_and_removed_and_each_answer_has_all(self, api: ApiClient, alice: User) -> None:
        ams, zrh = make_location("ams"), make_location("zrh")
        as_alice = ApiClient(token_of(alice))
        assert as_alice.get("locations/favourites").data == {"items": []}
        for _ in range(2):
            assert as_alice.request("PUT", f"locations/{ams.pk}/favourite", {}).data == {"items": [ams.pk]}
        assert as_alice.request("PUT", f"locations/{zrh.pk}/favourite", {}).data == {"items": [ams.pk, zrh.pk]}
        for _ in range(2):
            assert as_alice.delete(f"locations/{ams.pk}/favourite").data == {"items": [zrh.pk]}
        assert as_alice.get("locations/favourites").data == {"items": [zrh.pk]}
        # What everybody gets says nothing of it.
        assert all("favourite" not in item for item in as_alice.get("locations").data["items"])

    def test_they_are_each_persons_own(self, api: ApiClient, alice: User, bob: User) -> None:
        ams = make_location("ams")
        ApiClient(token_of(alice)).request("PUT", f"locations/{ams.pk}/favourite", {})
        as_bob = ApiClient(token_of(bob))
        assert as_bob.get("locations/favourites").data == {"items": []}
        as_bob.delete(f"locations/{ams.pk}/favourite")
        assert FavouriteLocation.objects.get().user == alice

    def test_what_is_not_there_is_404(self, api: ApiClient, alice: User) -> None:
        hidden = make_location("hidden", is_active=False)
        as_alice = ApiClient(token_of(alice))
        for pk in (hidden.pk, 999_999_999, "9" * 30):
            answer = as_alice.request("PUT", f"locations/{pk}/favourite", {})
            assert (answer.status, answer.code) == (404, "not_found")

    def test_nobody_has_any_without_an_account(self, api: ApiClient) -> None:
        ams = make_location("ams")
        assert api.get("locations/favourites").status == 401
        assert api.request("PUT", f"locations/{ams.pk}/favourite", {}).status == 401
