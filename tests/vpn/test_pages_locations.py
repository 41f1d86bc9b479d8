"""The page of the locations: finding one, favourites, and the way from it to a configuration."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.queries import recorded_queries
from tests.vpn.acting import add
from vpn.models import FavouriteLocation, Location, NodeStatus

EXIT = "203.0.113.77"


@pytest.fixture
def places(db: None) -> dict[str, Location]:
    """Two countries; Zürich is premium, Bern is offline, Amsterdam is the busier one of those with a load."""
    ams = make_location("ams")
    zrh = make_location("zrh", city="Zürich", country_code="CH", premium=True)
    brn = make_location("brn", city="Bern", country_code="CH")
    busy = make_server(ams, capacity=100)
    make_server(zrh, capacity=100, network_v4="10.81.0.0/24", network_v6="fd81::/64")
    NodeStatus.objects.update(peer_count=10, egress_address=EXIT)
    NodeStatus.objects.filter(server=busy).update(peer_count=42)
    return {"ams": ams, "zrh": zrh, "brn": brn}


@pytest.fixture
def page(places: dict[str, Location], alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def shown(page: Client, query: str = "", **headers: str) -> list[str]:
    """The cities of the list, from the top."""
    text = page.get(f"/locations{query}", headers=headers).text
    return re.findall(r'<th scope="row">(\w+)', text)


def test_locations_are_for_who_is_signed_in(db: None) -> None:
    assert Client().get("/locations").headers["Location"] == "/login?next=/locations"
    assert Client().post("/locations/1/favourite").headers["Location"].startswith("/login")


def test_a_load_that_nobody_measured_is_not_invented(page: Client) -> None:
    text = page.get("/locations").text
    assert "42\xa0%" in text
    assert re.search(r'<td data-label="Load"[^>]*>–</td>', text)
    assert "<span>Works</span>" in text
    assert "<span>Not in service</span>" in text


class TestFinding:
    def test_all_are_there_by_their_cities(self, page: Client) -> None:
        assert shown(page) == ["Amsterdam", "Bern", "Zürich"]

    @pytest.mark.parametrize(
        ("words", "cities"),
        [
            ("amster", ["Amsterdam"]),
            ("ZURICH", ["Zürich"]),
            ("brn", ["Bern"]),
            ("switzer", ["Bern", "Zürich"]),
            ("switzerland bern", ["Bern"]),
            ("ch", ["Bern", "Zürich"]),
            ("atlantis", []),
        ],
    )
    def test_by_city_name_and_country(self, page: Client, words: str, cities: list[str]) -> None:
        assert shown(page, f"?q={words}") == cities

    def test_countries_are_found_and_named_in_the_readers_language(self, page: Client) -> None:
        assert shown(page, "?q=schweiz", accept_language="de") == ["Bern", "Zürich"]
        assert shown(page, "?q=schweiz") == []
        text = page.get("/locations", headers={"Accept-Language": "de"}).text
        assert 'lang="de"' in text
        assert re.search(r'<td data-label="Land">Niederlande</td>', text)
        assert "<h1>Standorte</h1>" in text

    def test_what_was_asked_stays_in_the_form(self, page: Client) -> None:
        text = page.get("/locations?q=amster&show=available&sort=load").text
        assert 'value="amster"' in text
        assert '<option value="available" selected>' in text
        assert '<option value="load" selected>' in text

    def test_nothing_found_says_so_and_leads_back(self, page: Client) -> None:
        text = page.get("/locations?q=<b>atlantis").text
        assert "No location found" in text
        assert "<b>atlantis" not in text
        assert 'href="/locations">Show all locations</a>' in text

    def test_only_what_can_be_used_now_only_premium_only_favourites(
        self, page: Client, alice: User, places: dict[str, Location]
    ) -> None:
        assert shown(page, "?show=available") == ["Amsterdam"]
        assert shown(page, "?show=premium") == ["Zürich"]
        assert shown(page, "?show=favourites") == []
        grant(alice, "pro")
        assert shown(page, "?show=available") == ["Amsterdam", "Zürich"]

    def test_the_least_loaded_first_and_what_nobody_measured_last(self, page: Client) -> None:
        assert shown(page, "?sort=load") == ["Zürich", "Amsterdam", "Bern"]

    def test_by_country_in_the_readers_language(self, page: Client) -> None:
        """The Netherlands before Switzerland, and in German "Niederlande" before "Schweiz"."""
        assert shown(page, "?sort=country") == ["Amsterdam", "Bern", "Zürich"]
        Location.objects.filter(slug="brn").update(country_code="AT")
        # Austria, but "Österreich".
        assert shown(page, "?sort=country") == ["Bern", "Amsterdam", "Zürich"]
        assert shown(page, "?sort=country", accept_language="de") == ["Amsterdam", "Bern", "Zürich"]

    def test_what_is_not_understood_is_ignored(self, page: Client) -> None:
        assert len(shown(page, "?show=x&sort=y&device=z")) == 3

    def test_the_map_shows_what_was_found_and_leads_into_the_list(self, page: Client) -> None:
        text = page.get("/locations?q=bern").text
        assert text.count('class="map-dot') == 1
        assert 'href="#location-brn"' in text
        assert '<tr id="location-brn">' in text

    def test_there_is_none_at_all(self, page: Client) -> None:
        Location.objects.update(is_active=False)
        assert "No locations yet" in page.get("/locations").text


class TestFavourites:
    def test_a_favourite_is_first_until_it_is_none_any_more(self, page: Client, places: dict[str, Location]) -> None:
        address = f"/locations/{places['zrh'].pk}/favourite"
        answer = page.post(address, {"next": "/locations?sort=load"})
        assert answer.headers["Location"] == "/locations?sort=load"
        assert shown(page) == ["Zürich", "Amsterdam", "Bern"]
        assert shown(page, "?show=favourites") == ["Zürich"]
        assert "Remove ZRH from your favourites" in page.get("/locations").text
        page.post(f"{address}/remove")
        assert shown(page) == ["Amsterdam", "Bern", "Zürich"]

    def test_twice_is_once(self, page: Client, places: dict[str, Location]) -> None:
        for _ in range(2):
            assert page.post(f"/locations/{places['zrh'].pk}/favourite").status_code == 302
        assert FavouriteLocation.objects.count() == 1
        for _ in range(2):
            assert page.post(f"/locations/{places['zrh'].pk}/favourite/remove").status_code == 302

    def test_another_persons_are_theirs(self, page: Client, bob: User, places: dict[str, Location]) -> None:
        FavouriteLocation.objects.create(user=bob, location=places["zrh"])
        assert shown(page) == ["Amsterdam", "Bern", "Zürich"]
        page.post(f"/locations/{places['zrh'].pk}/favourite/remove")
        assert FavouriteLocation.objects.get().user == bob

    def test_what_customers_do_not_see_is_not_there(self, page: Client, places: dict[str, Location]) -> None:
        Location.objects.filter(slug="brn").update(is_active=False)
        assert page.post(f"/locations/{places['brn'].pk}/favourite").status_code == 404
        # Nor is its name told to whoever says that it is no favourite.
        assert page.post(f"/locations/{places['brn'].pk}/favourite/remove").status_code == 404
        assert page.post(f"/locations/{10**30}/favourite").status_code == 404
        assert page.post(f"/locations/{10**30}/favourite/remove").status_code == 404

    def test_one_that_was_hidden_meanwhile_can_be_given_up(
        self, page: Client, alice: User, places: dict[str, Location]
    ) -> None:
        FavouriteLocation.objects.create(user=alice, location=places["brn"])
        Location.objects.filter(slug="brn").update(is_active=False)
        assert page.post(f"/locations/{places['brn'].pk}/favourite/remove").status_code == 302
        assert not FavouriteLocation.objects.exists()

    def test_it_leads_nowhere_else(self, page: Client, places: dict[str, Location]) -> None:
        answer = page.post(f"/locations/{places['ams'].pk}/favourite", {"next": "https://evil.example/"})
        assert answer.headers["Location"] == "/locations"

    def test_a_link_changes_nothing(self, page: Client, places: dict[str, Location]) -> None:
        assert page.get(f"/locations/{places['ams'].pk}/favourite").status_code == 405


class TestTheWayToAConfiguration:
    def test_without_a_device_it_leads_to_adding_one_there(self, page: Client) -> None:
        assert 'href="/devices/new?location=ams"' in page.get("/locations").text
        assert '<option value="ams" selected>' in page.get("/devices/new?location=ams").text

    def test_with_one_it_is_one_click(self, page: Client, alice: User) -> None:
        phone = add(alice)
        text = page.get("/locations").text
        assert f'href="/devices/{phone.pk}/config?location=ams"' in text
        assert "Configuration for" not in text
        assert page.get(f"/devices/{phone.pk}/config?location=ams").status_code == 200

    def test_of_several_the_chosen_one_counts(self, page: Client, alice: User) -> None:
        grant(alice, "pro")
        phone, laptop = add(alice, "Phone"), add(alice, "Laptop")
        assert f"/devices/{laptop.pk}/config?location=zrh" in page.get("/locations").text
        text = page.get(f"/locations?device={phone.pk}").text
        assert f"/devices/{phone.pk}/config?location=zrh" in text
        assert f'<option value="{phone.pk}" selected>Phone</option>' in text
        assert f"/devices/{laptop.pk}/config" not in text

    def test_another_persons_device_is_not_offered(self, page: Client, bob: User) -> None:
        theirs = add(bob)
        assert str(theirs.pk) not in page.get(f"/locations?device={theirs.pk}").text.split("<table")[1].split("next")[0]

    def test_a_premium_location_says_what_it_needs(self, page: Client, alice: User) -> None:
        add(alice)
        assert "Needs a plan with premium locations" in page.get("/locations?q=zurich").text
        grant(alice, "pro")
        assert "Needs a plan" not in page.get("/locations").text


class TestLatency:
    def test_from_outside_of_a_tunnel_there_is_no_figure_and_a_sentence_why(self, page: Client) -> None:
        text = page.get("/locations").text
        assert "Our servers answer nobody outside a tunnel" in text
        assert "Latency" not in text

    def test_through_a_tunnel_the_location_is_marked_and_the_others_are_not_known(self, page: Client) -> None:
        NodeStatus.objects.filter(server__location__slug="zrh").update(egress_address="203.0.113.99")
        text = page.get("/locations", REMOTE_ADDR=EXIT).text
        rows = {row.split("<")[0].strip(): row for row in text.split('<th scope="row">')[1:]}
        assert "You are here" in rows["Amsterdam"]
        assert '<td data-label="Latency"><a href="/speed-test">Measure</a></td>' in rows["Amsterdam"]
        assert '<td data-label="Latency">–</td>' in rows["Zürich"]
        assert "here" not in rows["Zürich"].split("<td")[0]

    def test_behind_one_gateway_nobody_knows_which_it_is(self, page: Client) -> None:
        assert page.get("/locations", REMOTE_ADDR=EXIT).text.count("You may be here") == 2

    def test_a_node_that_is_silent_measures_nothing(self, page: Client) -> None:
        NodeStatus.objects.update(last_report_at=timezone.now() - timedelta(minutes=5))
        assert "You are here" not in page.get("/locations", REMOTE_ADDR=EXIT).text


def test_the_number_of_queries_does_not_grow(page: Client, alice: User) -> None:
    add(alice)
    page.get("/locations")
    with recorded_queries() as few:
        page.get("/locations")
    for number in range(30):
        location = make_location(f"place-{number}")
        FavouriteLocation.objects.create(user=alice, location=location)
    with recorded_queries() as many:
        page.get("/locations")
    assert len(many) == len(few) <= 10
