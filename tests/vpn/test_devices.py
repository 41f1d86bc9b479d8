from __future__ import annotations

import pytest
from django.db import connection

from accounts.models import User
from tests.api_client import ApiClient
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.invariants import assert_invariants
from tests.queries import recorded_queries
from vpn.models import FreeAddress, IpAssignment, Location, NodeStatus, Peer, QuotaMeter, Server, VpnConfig
from vpn.wireguard.keys import derive_public_key


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams"))


def form(**changes: object) -> dict[str, object]:
    return {"name": "Laptop", "location": "ams", "public_key": new_key(), **changes}


def confirm(server: Server) -> None:
    """The node reports that it has applied everything."""
    server.refresh_from_db()
    NodeStatus.objects.filter(server=server).update(applied_revision=server.revision)


@pytest.mark.usefixtures("ams")
class TestCreation:
    def test_a_device_gets_addresses_of_both_families(self, alice_api: ApiClient) -> None:
        answer = alice_api.post("devices", form())
        assert answer.status == 201
        assert (answer.data["ipv4"], answer.data["ipv6"]) == ("10.80.0.2", "fd80::2")
        assert answer.data["state"] == "activating"
        assert Peer.objects.get().revision == 1
        assert alice_api.get("devices").data["items"] == [answer.data]
        assert_invariants()

    def test_with_its_own_key_the_answer_holds_no_private_one(self, alice_api: ApiClient) -> None:
        answer = alice_api.post("devices", form())
        assert "private_key" not in answer.data
        assert "config" not in answer.data

    def test_without_a_key_the_server_makes_the_pair_and_keeps_only_the_public_half(self, alice_api: ApiClient) -> None:
        answer = alice_api.post("devices", {"name": "Laptop", "location": "ams"})
        private = answer.data["private_key"]
        assert derive_public_key(private) == VpnConfig.objects.get().public_key
        assert f"PrivateKey = {private}" in answer.data["config"]
        assert "private_key" not in alice_api.get(f"devices/{answer.data['id']}").data
        for table in ("vpn_vpnconfig", "vpn_peer", "vpn_ipassignment", "procrastinate_jobs"):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{private}%"])
                assert cursor.fetchone()[0] == 0

    def test_a_repeated_request_answers_the_same_device(self, alice_api: ApiClient) -> None:
        body = form()
        first, second = alice_api.post("devices", body), alice_api.post("devices", body)
        assert (second.status, second.data) == (201, first.data)

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"public_key": "x"}, "public_key", "invalid_public_key"),
            ({"public_key": "A" * 43 + "="}, "public_key", "invalid_public_key"),
            ({"public_key": "A" * 64}, "public_key", "invalid_public_key"),
            ({"public_key": new_key()[:-1]}, "public_key", "invalid_public_key"),
            ({"public_key": new_key() + "\n"}, "public_key", "invalid_public_key"),
            ({"public_key": 7}, "public_key", "invalid_input"),
            ({"public_key": None}, "public_key", "invalid_input"),
            ({"public_key": "\0"}, "public_key", "invalid_input"),
            ({"name": ""}, "name", "invalid_input"),
            ({"name": "   "}, "name", "invalid_input"),
            ({"name": "x" * 65}, "name", "invalid_input"),
            ({"name": "a\0b"}, "name", "invalid_input"),
            ({"name": ["x"]}, "name", "invalid_input"),
            ({"location": "nowhere"}, "location", "unknown_location"),
            ({"location": ""}, "location", "invalid_input"),
            ({"location": 3}, "location", "invalid_input"),
            ({"ipv4": "10.80.0.9"}, "ipv4", "unknown_field"),
            ({"user": "x"}, "user", "unknown_field"),
        ],
    )
    def test_bad_input_is_400_and_named_and_makes_nothing(
        self, alice_api: ApiClient, changes: dict[str, object], field: str, code: str
    ) -> None:
        answer = alice_api.post("devices", form(**changes))
        assert (answer.status, answer.code, list(answer.fields)) == (400, code, [field])
        assert not VpnConfig.objects.exists()
        assert not FreeAddress.objects.exists()

    def test_a_name_is_unique_per_customer_whatever_its_case(
        self, alice: User, alice_api: ApiClient, bob_api: ApiClient
    ) -> None:
        grant(alice, "basic")
        alice_api.post("devices", form())
        answer = alice_api.post("devices", form(name="LAPTOP"))
        assert (answer.status, answer.code) == (409, "device_name_taken")
        assert bob_api.post("devices", form()).status == 201
        assert_invariants()

    def test_a_key_in_use_is_refused_to_everybody(self, alice_api: ApiClient, bob_api: ApiClient) -> None:
        body = form()
        alice_api.post("devices", body)
        answer = bob_api.post("devices", body)
        assert (answer.status, answer.code) == (409, "public_key_in_use")
        assert_invariants()

    @pytest.mark.parametrize(("plan", "limit"), [(None, 1), ("basic", 5), ("pro", 10)])
    def test_the_plan_limits_the_devices(self, alice: User, alice_api: ApiClient, plan: str | None, limit: int) -> None:
        if plan:
            grant(alice, plan)
        statuses = [alice_api.post("devices", form(name=f"d{number}")).status for number in range(limit)]
        assert statuses == [201] * limit
        refused = alice_api.post("devices", form(name="one more"))
        assert (refused.status, refused.code) == (409, "device_limit_reached")
        assert_invariants()


class TestPlaces:
    def test_a_location_without_an_online_server_is_409_and_nothing_is_made(
        self, ams: Server, alice_api: ApiClient
    ) -> None:
        for state in ("draining", "offline", "enrolling"):
            Server.objects.update(state=state)
            answer = alice_api.post("devices", form())
            assert (answer.status, answer.code) == (409, "location_unavailable")
        assert not VpnConfig.objects.exists()
        assert_invariants()

    def test_a_premium_location_needs_its_plan(self, ams: Server, alice: User, alice_api: ApiClient) -> None:
        Location.objects.update(premium=True)
        answer = alice_api.post("devices", form())
        assert (answer.status, answer.code) == (403, "premium_location")
        grant(alice, "pro")
        assert alice_api.post("devices", form()).status == 201

    def test_a_hidden_location_is_unknown(self, ams: Server, alice_api: ApiClient) -> None:
        Location.objects.update(is_active=False)
        assert alice_api.post("devices", form()).code == "unknown_location"

    def test_the_least_loaded_server_is_taken_and_a_full_one_passed_over(
        self, ams: Server, alice: User, alice_api: ApiClient
    ) -> None:
        grant(alice, "basic")
        other = make_server(ams.location, network_v4="10.81.0.0/29", network_v6="fd81::/64", capacity=100)
        NodeStatus.objects.filter(server=ams).update(peer_count=200)
        chosen = [alice_api.post("devices", form(name=str(number))).data["ipv4"] for number in range(5)]
        assert [address for address in chosen if address.startswith("10.81.")] == [f"10.81.0.{n}" for n in range(2, 7)]
        grant(alice, "pro")
        assert alice_api.post("devices", form(name="next")).data["ipv4"] == "10.80.0.2"
        assert other.assignments.count() == 5
        assert_invariants()

    def test_a_full_location_is_409_and_nothing_is_made(self, db: None, alice: User, alice_api: ApiClient) -> None:
        grant(alice, "pro")
        make_server(make_location("ams"), network_v4="10.80.0.0/29")
        assert [alice_api.post("devices", form(name=str(n))).status for n in range(6)] == [201] * 5 + [409]
        assert alice_api.post("devices", form(name="x")).code == "location_full"
        assert VpnConfig.objects.count() == 5
        assert_invariants()


class TestAfterwards:
    def test_active_once_the_node_has_confirmed(self, ams: Server, alice_api: ApiClient) -> None:
        made = alice_api.post("devices", form()).data
        confirm(ams)
        assert alice_api.get(f"devices/{made['id']}").data["state"] == "active"
        NodeStatus.objects.update(applied_epoch="00000000-0000-0000-0000-000000000001")
        assert alice_api.get(f"devices/{made['id']}").data["state"] == "activating"

    def test_what_a_silent_node_said_is_not_shown_as_now(self, ams: Server, alice_api: ApiClient) -> None:
        made = alice_api.post("devices", form()).data
        Peer.objects.update(connection="online")
        assert alice_api.get(f"devices/{made['id']}").data["connection"] == "online"
        NodeStatus.objects.update(last_report_at="2026-01-01T00:00:00Z")
        shown = alice_api.get(f"devices/{made['id']}").data
        assert (shown["connection"], shown["connection_at"]) == ("unknown", None)

    def test_the_configuration_has_everything_but_the_private_key(self, ams: Server, alice_api: ApiClient) -> None:
        made = alice_api.post("devices", form()).data
        config = alice_api.get(f"devices/{made['id']}/config").data["config"]
        for line in (
            "# PrivateKey =",
            "Address = 10.80.0.2/32, fd80::2/128",
            "DNS = 9.9.9.9, 2620:fe::fe",
            "MTU = 1420",
            f"PublicKey = {ams.public_key}",
            "AllowedIPs = 0.0.0.0/0, ::/0",
            "Endpoint = 203.0.113.10:51820",
            "PersistentKeepalive = 25",
        ):
            assert line in config

    def test_while_its_server_is_enrolled_anew_there_is_no_configuration(
        self, ams: Server, alice_api: ApiClient
    ) -> None:
        made = alice_api.post("devices", form()).data
        Server.objects.update(state="enrolling", public_key=None)
        answer = alice_api.get(f"devices/{made['id']}/config")
        assert (answer.status, answer.code) == (409, "location_unavailable")

    def test_renaming(self, ams: Server, alice: User, alice_api: ApiClient) -> None:
        grant(alice, "basic")
        made = alice_api.post("devices", form()).data
        alice_api.post("devices", form(name="Phone"))
        assert alice_api.patch(f"devices/{made['id']}", {"name": "Tablet"}).data["name"] == "Tablet"
        assert alice_api.patch(f"devices/{made['id']}", {"name": "phone"}).code == "device_name_taken"
        assert alice_api.patch(f"devices/{made['id']}", {"location": "x"}).code == "unknown_field"
        for name in ("Two\nlines", "Bell\a", "Turned\u202eround"):
            assert set(alice_api.patch(f"devices/{made['id']}", {"name": name}).fields) == {"name"}
        assert alice_api.patch(f"devices/{made['id']}", {}).data["name"] == "Tablet"

    def test_removal_frees_the_slot_and_the_name_at_once_and_the_address_after_its_quarantine(
        self, ams: Server, alice_api: ApiClient
    ) -> None:
        made = alice_api.post("devices", form()).data
        assert alice_api.delete(f"devices/{made['id']}").status == 200
        assert alice_api.get("devices").data["total"] == 0
        assert alice_api.get(f"devices/{made['id']}").data["state"] == "removing"
        assert alice_api.delete(f"devices/{made['id']}").status == 404
        again = alice_api.post("devices", form()).data
        assert again["ipv4"] == "10.80.0.3"
        FreeAddress.objects.filter(host=2).update(available_at="1960-01-01T00:00:00Z")
        alice_api.delete(f"devices/{again['id']}")
        assert alice_api.post("devices", form()).data["ipv4"] == "10.80.0.2"
        assert IpAssignment.objects.live().count() == 1
        assert_invariants()

    def test_a_key_may_be_used_again_once_the_node_has_let_go_of_it(self, ams: Server, alice_api: ApiClient) -> None:
        body = form()
        made = alice_api.post("devices", body).data
        alice_api.delete(f"devices/{made['id']}")
        assert alice_api.post("devices", body).code == "public_key_in_use"
        Peer.objects.filter(wanted=False).delete()
        assert alice_api.post("devices", body).status == 201
        assert_invariants()

    def test_anothers_device_is_not_there_for_any_verb(
        self, ams: Server, alice_api: ApiClient, bob_api: ApiClient, api: ApiClient
    ) -> None:
        path = f"devices/{alice_api.post('devices', form()).data['id']}"
        for answer in (
            bob_api.get(path),
            bob_api.patch(path, {"name": "mine"}),
            bob_api.delete(path),
            bob_api.get(f"{path}/config"),
            bob_api.get(f"usage?device={path.split('/')[1]}"),
        ):
            assert answer.status == 404
        assert api.get(path).status == 401
        assert alice_api.get(path).data["name"] == "Laptop"
        assert bob_api.get("devices").data["items"] == []


def test_any_prefix_from_29_to_12_gives_its_first_and_last_address(alice: User, alice_api: ApiClient) -> None:
    grant(alice, "pro")
    location = make_location("ams")
    for number, prefix in enumerate((29, 24, 23, 16, 12)):
        Server.objects.all().update(state="draining")
        server = make_server(
            location, network_v4=f"{(10, 11, 12, 13, 16)[number]}.0.0.0/{prefix}", network_v6=f"fd9{number}::/64"
        )
        made = alice_api.post("devices", form(name=f"first {prefix}")).data
        assert made["ipv4"] == str(server.network_v4.network_address + 2)
        last = server.network_v4.num_addresses - 2
        FreeAddress.objects.filter(server=server).delete()
        Server.objects.filter(pk=server.pk).update(next_host=last)
        made = alice_api.post("devices", form(name=f"last {prefix}")).data
        assert made["ipv4"] == str(server.network_v4.broadcast_address - 1)
        assert made["ipv6"] == str(server.network_v6.network_address + last)


def test_a_list_costs_the_same_with_1_and_with_50_devices(ams: Server, alice: User, alice_api: ApiClient) -> None:
    """Two: one for the token, one for the page with its total; and one for the counters when there is no Redis."""

    def queries() -> int:
        seen: list[str] = []

        def count(execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            seen.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(count):
            answer = alice_api.get("devices?limit=100")
        assert answer.data["total"] == VpnConfig.objects.count()
        return len(seen)

    alice_api.post("devices", form())
    one = queries()
    for number in range(49):
        device = VpnConfig.objects.create(user=alice, location=ams.location, name=f"d{number}", public_key=new_key())
        assert device
    assert one == queries() == 3


def test_a_creation_asks_at_most_12_questions(ams: Server, alice: User, alice_api: ApiClient) -> None:
    grant(alice, "basic")
    alice_api.post("devices", form())
    with recorded_queries() as statements:
        assert alice_api.post("devices", form(name="Phone")).status == 201
    # The test is a transaction itself: that of the creation is a savepoint here.
    asked = [statement for statement in statements if "SAVEPOINT" not in statement]
    assert len(asked) <= 12, asked


@pytest.mark.parametrize(("plan", "kept"), [(None, [0]), ("basic", [])])
def test_a_meter_of_another_plan_or_period_is_settled_before_it_counts(
    ams: Server, alice: User, alice_api: ApiClient, plan: str | None, kept: list[int]
) -> None:
    if plan:
        grant(alice, plan)
    QuotaMeter.objects.create(
        user=alice, period_start="2020-01-01", resets_at="2100-01-01T00:00:00Z", quota_bytes=1, used_bytes=1
    )
    answer = alice_api.post("devices", form())
    assert (answer.status, answer.data["blocked"]) == (201, None)
    assert list(QuotaMeter.objects.values_list("used_bytes", flat=True)) == kept
    assert_invariants()
