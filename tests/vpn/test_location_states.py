"""Of a location the landing page, the status page and the locations page say the same."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from vpn.errors import LocationUnavailable
from vpn.models import NodeStatus, Server
from vpn.services import status
from vpn.services.devices import add_device

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """No test sees another's status."""
    status._status._until = status._history._until = 0.0


def word(page: str, begin: str) -> str:
    """The first state after the location's place."""
    found = re.search(r'class="state[^"]*"[^>]*>.*?<span>([^<]*)</span>', page.split(begin)[1], re.DOTALL)
    assert found
    return found[1]


def said(alice: User) -> dict[str, str]:
    """How each page calls the state of Amsterdam."""
    browser = Client()
    pages = {"landing": browser.get("/").text, "status": browser.get("/status").text}
    browser.force_login(alice)
    pages["locations"] = browser.get("/locations").text
    begins = {"landing": '<tr id="location-ams"', "status": 'id="status-ams"', "locations": '<tr id="location-ams"'}
    return {name: word(page, begins[name]) for name, page in pages.items()}


def silence(server: Server) -> None:
    NodeStatus.objects.filter(pk=server.pk).update(last_report_at=timezone.now() - timedelta(hours=1))


@pytest.mark.parametrize(
    ("states", "silent", "expected"),
    [
        (["online"], 0, "Works"),
        (["draining"], 0, "Works"),
        (["online", "enrolling", "decommissioned"], 0, "Works"),
        (["online", "draining"], 1, "Partly down"),
        (["online"], 1, "Down"),
        (["offline", "enrolling"], 1, "Down"),
    ],
)
def test_a_location_is_in_one_state_on_all_pages(alice: User, states: list[str], silent: int, expected: str) -> None:
    location = make_location("ams")
    servers = [
        make_server(location, state=state, network_v4=f"10.8{number}.0.0/24", network_v6=f"fd8{number}::/64")
        for number, state in enumerate(states)
    ]
    for server in servers[:silent]:
        silence(server)
    assert said(alice) == dict.fromkeys(("landing", "status", "locations"), expected)


@pytest.mark.parametrize("state", [None, "enrolling", "decommissioned"])
def test_what_is_not_in_service_is_not_called_down(alice: User, state: str | None) -> None:
    location = make_location("ams", name="Amsterdam")
    if state:
        make_server(location, state=state, public_key=None)
    browser = Client()
    assert word(browser.get("/").text, '<tr id="location-ams"') == "Not in service"
    for page in ("/status", "/status/now"):
        text = browser.get(page).text
        assert "Not in service: Amsterdam." in text
        # A page that was opened while it had a server has a card of it, which must not go on saying that it works.
        assert ('id="status-ams"' in text) is (page == "/status/now")
    browser.force_login(alice)
    text = browser.get("/locations").text
    assert word(text, '<tr id="location-ams"') == "Not in service"
    assert "No server is online" in text


def test_what_is_not_in_service_is_not_meant_by_all_that_work_and_told_from_its_neighbours() -> None:
    make_server(make_location("ber", name="Berlin", city="Berlin"))
    for page in ("/status", "/status/now"):
        assert "All locations work" in Client().get(page).text
    make_location("ber-2", name="Berlin 2", city="Berlin")
    status._status._until = 0.0
    for page in ("/status", "/status/now"):
        text = Client().get(page).text
        assert "All locations in service work" in text
        assert "Not in service: Berlin (Berlin 2)." in text


def test_a_card_of_the_open_page_follows_its_location_out_of_service() -> None:
    server = make_server(make_location("ams"))
    browser = Client()
    assert word(browser.get("/status").text, 'id="status-ams"') == "Works"
    server.state, server.public_key = "decommissioned", None
    server.save()
    status._status._until = 0.0
    assert word(browser.get("/status/now").text, 'id="status-ams"') == "Not in service"


def test_a_location_that_drains_is_called_offline_nowhere(client: Client, alice: User) -> None:
    make_server(make_location("ams"), state="draining")
    client.force_login(alice)
    for page in ("/devices/new", "/welcome/configuration?system=android&name=Phone"):
        text = client.get(page).text
        assert "No location of your plan takes new devices now" in text
        assert "online" not in text.split('id="main"')[1]
    with pytest.raises(LocationUnavailable) as refusal:
        add_device(user=alice, name="Laptop", location_slug="ams", public_key=new_key())
    assert "online" not in str(refusal.value.message)


def test_who_drains_a_location_is_told_of_no_outage_but_that_it_takes_nothing_new(client: Client, alice: User) -> None:
    make_server(make_location("ams"), state="draining")
    client.force_login(alice)
    assert "Takes no new devices now" in client.get("/locations").text


@pytest.mark.parametrize(
    ("state", "silent", "reason"),
    [
        (None, False, "not in service"),
        ("enrolling", False, "not in service"),
        ("online", True, "down"),
        ("draining", False, "takes no new devices now"),
    ],
)
def test_forms_say_the_same_of_a_location_that_cannot_be_chosen(
    client: Client, alice: User, state: str | None, silent: bool, reason: str
) -> None:
    grant(alice, "basic")
    make_server(make_location("zrh", name="Zürich"))
    location = make_location("ams", name="Amsterdam", city="Amsterdam", country_code="NL")
    if state:
        server = make_server(location, state=state, network_v4="10.90.0.0/24", network_v6="fd90::/64")
        if silent:
            silence(server)
    device = add_device(user=alice, name="Laptop", location_slug="zrh", public_key=new_key())
    client.force_login(alice)
    option = f'<option value="ams" disabled>Amsterdam, Netherlands ({reason})</option>'
    for path in ("/devices/new", f"/devices/{device.pk}/config"):
        assert option in client.get(path).text
