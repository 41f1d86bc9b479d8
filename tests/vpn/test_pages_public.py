"""What everybody sees: the landing page and the locations, and the headers of every page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from billing.models import Plan
from tests.factories.vpn import make_location


@pytest.fixture
def page(db: None) -> Client:
    return Client()


def test_the_landing_page_shows_the_plans_on_offer_and_the_locations(page: Client) -> None:
    make_location("ams", name="Amsterdam 1")
    Plan.objects.filter(code="pro").update(is_offered=False)
    text = page.get("/").text
    assert re.search(r"\$4\.99 <small>a month</small>", text)
    assert "Choose Free" in text
    assert "Choose Pro" not in text
    assert "Amsterdam 1" in text
    assert ">Netherlands<" in text
    assert "Sign in" in text


def test_the_landing_page_lists_locations_by_their_cities(page: Client) -> None:
    for slug, name, city in [("a", "A", "Zürich"), ("b", "B", "Oslo"), ("c", "C", "Ålesund")]:
        make_location(slug, name=name, city=city)
    assert re.findall(r'id="location-(\w)"', page.get("/").text) == ["c", "b", "a"]


@pytest.mark.parametrize(("language", "name"), [("en", "Netherlands"), ("de", "Niederlande")])
def test_the_table_of_locations_names_their_countries(page: Client, language: str, name: str) -> None:
    make_location("ams")
    text = page.get("/", headers={"accept-language": language}).text
    assert re.search(rf'<td data-label="[^"]+">{name}</td>', text)
    assert ">NL<" not in text


def test_the_landing_page_asks_the_database_three_times_for_its_content(
    page: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Plans with their prices, locations, questions. And once for the limit on everything."""
    for number in range(5):
        make_location(f"l{number}")
    with django_assert_num_queries(4):
        page.get("/")


def test_who_is_signed_in_finds_the_way_to_the_dashboard(page: Client, alice: User) -> None:
    page.force_login(alice)
    text = page.get("/").text
    assert text.count("Open dashboard") == 2
    assert "Create account" not in text


@pytest.mark.parametrize("path", ["/", "/login", "/signup", "/nothing-here"])
def test_a_page_allows_no_script_but_ours(page: Client, path: str) -> None:
    headers = page.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert headers["Referrer-Policy"] == "same-origin"
