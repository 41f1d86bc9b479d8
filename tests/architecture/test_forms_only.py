"""Pages of customers that only take forms: whoever has to sign in first is led to one that can be opened."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from nexusvpn.forms_only import page_to_open
from tests.factories.accounts import PASSWORD
from tests.factories.vpn import make_location, make_server
from tests.vpn.acting import add

pytestmark = pytest.mark.django_db
# Programs and staff come by other ways in.
OTHERS = ("api", "admin/", "webhooks/")
NOT_ALLOWED = 405


def pages(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if path.startswith(OTHERS) or path.removeprefix("^").startswith(OTHERS):
            continue
        if isinstance(entry, URLResolver):
            yield from pages(entry.url_patterns, path)
        elif not path.startswith("^"):
            yield path


def form_addresses(browser: Client, device: str) -> list[str]:
    """Those that a signed-in customer cannot open, with a device for whatever has an id."""
    values = {"uuid": device, "int": "1", "slug": "any", "str": "any"}
    found = [
        re.sub(r"<(\w+):\w+>", lambda match: values[match[1]], f"/{page}")
        for page in pages(get_resolver().url_patterns)
    ]
    return [address for address in found if browser.get(address).status_code == NOT_ALLOWED]


def forget_counts() -> None:
    """So many pages in a minute are more than one visitor may ask for."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM nexusvpn_counter")


@pytest.fixture
def device(alice: User) -> str:
    make_server(make_location("ams"))
    return str(add(alice).pk)


def test_signing_in_for_a_form_leads_to_a_page_that_opens(client: Client, alice: User, device: str) -> None:
    browser = Client()
    browser.force_login(alice)
    addresses = form_addresses(browser, device)
    forget_counts()
    assert f"/devices/{device}/expiry/remove" in addresses
    assert len(addresses) > 20
    led = {}
    for address in addresses:
        asked = client.post(address)
        if asked.status_code == 302 and asked["Location"].startswith(reverse("login")):
            # Who is signed in already goes on to where the form would lead.
            led[address] = browser.get(asked["Location"])["Location"]
    assert len(led) > 15
    forget_counts()
    opened = {address: browser.get(page, follow=True).status_code for address, page in led.items()}
    assert opened == dict.fromkeys(led, 200)


@pytest.mark.parametrize(
    ("name", "page"), [("location-unfavourite", "/locations"), ("device-expiry-remove", "/devices/{device}")]
)
def test_the_page_is_the_one_that_holds_the_form(
    client: Client, alice: User, device: str, name: str, page: str
) -> None:
    address = reverse(name, args=[1 if name.startswith("location") else device])
    asked = client.post(address, follow=True)
    assert asked.status_code == 200
    values = {"email": alice.email, "password": PASSWORD, "next": asked.context["next"]}
    assert client.post("/login", values)["Location"] == page.format(device=device)


def test_asking_again_who_it_is_leads_to_no_form_either(client: Client, alice: User) -> None:
    client.force_login(alice)
    asked = client.get(reverse("security-confirm"), {"next": reverse("security-passkey-options")})
    assert asked.context["next"] == reverse("settings-security")


@pytest.mark.parametrize(
    ("target", "page"),
    [
        ("/devices?page=2", "/devices?page=2"),
        ("/nowhere", "/nowhere"),
        ("", ""),
        ("/logout", ""),
        ("/locations/1/favourite/remove?from=map", "/locations"),
        ("/admin/settings/registration/", "/admin/settings/"),
    ],
)
def test_only_what_takes_forms_alone_is_replaced(target: str, page: str) -> None:
    assert page_to_open(target) == page
