"""The status page and its API: what was measured, what was not, and what staff say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.api_client import ApiClient
from tests.factories.vpn import make_location, make_server
from tests.queries import recorded_queries
from vpn.models import Incident, IncidentUpdate, Location, NodeStatus, NodeToken, Outage, Server, Watch
from vpn.services import status

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """No test sees another's status."""
    let_time_pass()


def let_time_pass() -> None:
    """As if what is kept had had its time."""
    status._status._until = status._history._until = 0.0


def in_service(location: Location, **fields: Any) -> Server:
    """A server whose node has had its credential for a year and has just reported."""
    server = make_server(location, **fields)
    long_ago = timezone.now() - timedelta(days=365)
    NodeToken.objects.create(server=server, kind="credential", token_hash=server.name, created_at=long_ago)
    return server


def silence(server: Server) -> None:
    NodeStatus.objects.filter(pk=server.pk).update(last_report_at=timezone.now() - HOUR)


def watched_for(days: int) -> None:
    now = timezone.now()
    Watch.objects.create(watched_from=now - timedelta(days=days), watched_until=now)


def state_of(api: ApiClient, slug: str) -> str:
    let_time_pass()
    return next(str(item["state"]) for item in api.get("status").data["locations"] if item["slug"] == slug)


def test_a_location_is_up_partly_down_or_down_as_its_servers_are_heard(api: ApiClient) -> None:
    location = make_location("ams")
    first, second = in_service(location), in_service(location, state="draining")
    assert state_of(api, "ams") == "up"
    silence(first)
    assert state_of(api, "ams") == "degraded"
    silence(second)
    assert state_of(api, "ams") == "down"


def test_a_server_that_is_stopped_does_not_work_though_it_is_heard(api: ApiClient) -> None:
    in_service(make_location("ams"), stopped_at=timezone.now())
    assert state_of(api, "ams") == "down"


def test_the_whole_is_what_all_locations_are_or_degraded(api: ApiClient) -> None:
    assert api.get("status").data["state"] is None
    one, other = in_service(make_location("ams")), in_service(make_location("zrh"))
    states = []
    for lose in (None, one, other):
        if lose:
            silence(lose)
        let_time_pass()
        states.append(api.get("status").data["state"])
    assert states == ["up", "degraded", "down"]


def test_locations_without_a_server_in_service_and_hidden_ones_are_not_shown(api: ApiClient) -> None:
    make_location("empty")
    make_server(make_location("new"), state="enrolling", public_key=None)
    in_service(make_location("old"), state="decommissioned", public_key=None)
    in_service(make_location("hidden", is_active=False))
    assert api.get("status").data["locations"] == []
    assert "No server is in service yet" in Client().get("/status").text


def test_ninety_days_say_what_was_up_what_was_down_and_what_is_not_known(api: ApiClient) -> None:
    server = in_service(make_location("ams"))
    watched_for(10)
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
    Outage.objects.create(server=server, started_at=noon, ended_at=noon + timedelta(minutes=36))
    location = api.get("status").data["locations"][0]
    days = location["days"]
    assert len(days) == 90
    assert days[-1]["date"] == str(timezone.now().date())
    assert days[0] == {"date": str(timezone.now().date() - timedelta(days=89)), "up": None, "known_seconds": 0}
    assert days[-4] == {"date": str(noon.date()), "up": 0.975, "known_seconds": 86400}
    assert days[-3]["up"] == 1
    # 36 minutes of ten days, downwards.
    assert location["up"] == 0.9975


def test_the_page_shows_the_same_with_a_table(api: ApiClient) -> None:
    server = in_service(make_location("ams", city="Amsterdam"))
    watched_for(10)
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
    Outage.objects.create(server=server, started_at=noon, ended_at=noon + timedelta(minutes=2, seconds=1))
    text = Client().get("/status").text
    assert "All locations work" in text
    assert f"{noon:%-d\xa0%b\xa0%Y}: 99.85\xa0% up, 2\xa0min 1\xa0s down, 0\xa0s not known" in text
    assert text.count('class="uptime-unknown"') == 79
    assert text.count('class="uptime-down"') == 1
    assert '<td class="number">99.85\xa0%</td><td class="number">2\xa0min 1\xa0s</td>' in text
    assert "Up 99.98\xa0% of the known time" in text


def test_an_incident_is_shown_from_its_start_on_with_its_updates_as_plain_text(api: ApiClient) -> None:
    now = timezone.now()
    ams = make_location("ams", name="Amsterdam 1")
    incident = Incident.objects.create(title="Slow <b>tunnels</b>", impact="degraded", started_at=now - HOUR)
    incident.locations.add(ams)
    IncidentUpdate.objects.create(incident=incident, text="We look at it.\n<script>x</script>", written_at=now - HOUR)
    Incident.objects.create(title="Planned work", impact="maintenance", started_at=now + HOUR)
    old = now - timedelta(days=91)
    Incident.objects.create(title="Long ago", impact="down", started_at=old, resolved_at=old)
    recent = Incident.objects.create(title="Last week", impact="down", started_at=old, resolved_at=now - HOUR)
    items = api.get("status").data["incidents"]
    assert [(item["title"], item["locations"]) for item in items] == [
        ("Slow <b>tunnels</b>", ["Amsterdam 1"]),
        (recent.title, []),
    ]
    assert items[0]["updates"][0]["text"] == "We look at it.\n<script>x</script>"
    text = Client().get("/status").text
    assert "Slow &lt;b&gt;tunnels&lt;/b&gt;" in text
    assert "<p>We look at it.<br>&lt;script&gt;x&lt;/script&gt;</p>" in text
    assert "Planned work" not in text
    assert "Long ago" not in text


def test_the_parts_that_change_are_those_of_the_page() -> None:
    in_service(make_location("ams"))
    page, parts = Client().get("/status").text, Client().get("/status/now").text
    for part in ("status-now", "status-open", "status-unused", "status-ams"):
        assert f'id="{part}" data-live-part' in page
        assert f'id="{part}" data-live-part' in parts
    assert len(parts) < 2000


def test_an_answer_serves_everybody_for_a_second(
    api: ApiClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    server = in_service(make_location("ams"))
    assert state_of(api, "ams") == "up"
    silence(server)
    with django_assert_num_queries(1):  # the limit on everything
        answer = api.get("status").data
    assert answer["locations"][0]["state"] == "up"


def queries_of_the_page() -> int:
    let_time_pass()
    with recorded_queries() as statements:
        assert Client().get("/status").status_code == 200
    return len(statements)


def test_the_number_of_queries_does_not_grow_with_the_fleet() -> None:
    watched_for(30)

    def grow(number: int) -> None:
        server = in_service(make_location(f"l{number}"), network_v4=f"10.{90 + number}.0.0/24")
        start = timezone.now() - timedelta(days=number + 1)
        Outage.objects.create(server=server, started_at=start, ended_at=start + HOUR)
        incident = Incident.objects.create(title=f"Trouble {number}", impact="down", started_at=start)
        incident.locations.add(server.location)
        IncidentUpdate.objects.create(incident=incident, text="We look at it.")

    grow(0)
    few = queries_of_the_page()
    for number in range(1, 20):
        grow(number)
    assert queries_of_the_page() == few
    assert few <= 8


@pytest.mark.parametrize("path", ["/status", "/status/now"])
def test_the_page_only_reads(path: str) -> None:
    assert Client().post(path).status_code == 405
