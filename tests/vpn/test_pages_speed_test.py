"""The speed test's page knows one thing: whether the request came out of one of our tunnels."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories.vpn import make_location, make_server
from tests.queries import recorded_queries
from tests.stored import text_of_every_table
from tests.vpn.acting import report
from vpn.models import NodeStatus, Server
from vpn.services.speed_test import exits_at

EXIT_V6 = "2001:db8:77::7"
EXIT, ELSEWHERE = "203.0.113.77", "198.51.100.99"


@pytest.fixture
def ams(db: None) -> Server:
    server = make_server(make_location("ams", name="Amsterdam"))
    NodeStatus.objects.update(egress_address=EXIT)
    return server


@pytest.fixture
def page(ams: Server, alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def test_through_a_tunnel_it_names_the_location_and_leads_to_the_nodes_own_page(page: Client) -> None:
    text = page.get("/speed-test", REMOTE_ADDR=EXIT).text
    assert "You are connected through Amsterdam." in text
    assert 'href="http://10.80.0.1:8377/" rel="noreferrer"' in text
    assert "not connected" not in text


def test_a_browser_of_the_family_that_the_node_does_not_report_over_is_connected_too(page: Client, ams: Server) -> None:
    assert "not connected" in page.get("/speed-test", REMOTE_ADDR=EXIT_V6).text
    report(ams, egress=EXIT, own_addresses=[EXIT, EXIT_V6])
    for address in (EXIT, EXIT_V6):
        assert "You are connected through Amsterdam." in page.get("/speed-test", REMOTE_ADDR=address).text
    # An older agent says nothing of it.
    report(ams, egress=EXIT)
    assert "Amsterdam" in page.get("/speed-test", REMOTE_ADDR=EXIT_V6).text


def test_from_elsewhere_it_says_so_and_how_to_connect(page: Client) -> None:
    text = page.get("/speed-test", REMOTE_ADDR=ELSEWHERE).text
    assert "This browser is not connected through a NexusVPN tunnel." in text
    assert "Turn on the tunnel of this device in the WireGuard app." in text
    assert "8377" not in text


def test_a_header_that_anybody_can_write_connects_nobody(page: Client) -> None:
    text = page.get("/speed-test", REMOTE_ADDR=ELSEWHERE, HTTP_X_FORWARDED_FOR=EXIT).text
    assert "not connected" in text


def test_servers_behind_one_gateway_are_all_named(page: Client) -> None:
    make_server(make_location("zrh", name="Zürich"), network_v4="10.90.0.0/24", network_v6="fd90::/64")
    NodeStatus.objects.update(egress_address=EXIT)
    text = page.get("/speed-test", REMOTE_ADDR=EXIT).text
    assert "You are connected through one of our servers." in text
    assert text.index("http://10.80.0.1:8377/") < text.index("http://10.90.0.1:8377/")


@pytest.mark.parametrize(
    "silent", [{"last_report_at": timezone.now() - timedelta(hours=1)}, {"lost_at": timezone.now()}]
)
def test_a_node_that_is_not_heard_carries_nobody(page: Client, silent: dict[str, object]) -> None:
    NodeStatus.objects.update(**silent)
    assert "not connected" in page.get("/speed-test", REMOTE_ADDR=EXIT).text


def test_it_is_one_query_for_any_number_of_servers(ams: Server) -> None:
    for number in range(5):
        location = make_location(f"l{number}")
        make_server(location, network_v4=f"10.{90 + number}.0.0/24", network_v6=f"fd9{number}::/64")
    NodeStatus.objects.update(egress_address=EXIT)
    with recorded_queries() as queries:
        assert len(exits_at(EXIT)) == 6
    assert len(queries) == 1


def test_the_address_is_neither_stored_nor_logged(page: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    page.get("/speed-test", REMOTE_ADDR=ELSEWHERE)
    # The request has its line, and the tables hold the servers' own addresses.
    assert "/speed-test" in caplog.text
    stored = text_of_every_table()
    assert EXIT in stored
    assert ELSEWHERE not in stored + caplog.text


def test_a_stranger_is_asked_to_sign_in(db: None) -> None:
    assert Client().get("/speed-test").headers["Location"] == "/login?next=/speed-test"
