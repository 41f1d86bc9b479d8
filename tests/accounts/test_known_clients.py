"""A sign-in from something new is told, and only that; places come from a file, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from pytest_django import Settings

from accounts.geography import place_of
from accounts.models import KnownClient, Notification, User
from accounts.services.retention import forget_what_had_its_time
from tests.api_client import ApiClient
from tests.factories.accounts import PASSWORD
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def one_minute() -> Iterator[None]:
    """Tries are counted a minute at a time: no next one begins between them."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


def sign_in(browser: Client, **more: str) -> None:
    answer = browser.post("/login", {"email": "alice@example.com", "password": PASSWORD}, **more)  # type: ignore[arg-type]
    assert answer.status_code == 302


def told() -> int:
    return Notification.objects.filter(title="New sign-in").count()


def test_the_first_sign_in_of_all_is_not_told_and_the_next_browser_is(alice: User) -> None:
    first, second = Client(headers={"user-agent": FIREFOX}), Client(headers={"user-agent": FIREFOX})
    sign_in(first)
    assert told() == 0
    sign_in(second, REMOTE_ADDR="192.0.2.77")
    assert told() == 1
    (mail,) = waiting_mails("new_sign_in")
    assert (mail.to, mail.subject) == (alice.email, "New sign-in to your NexusVPN account")
    assert "Firefox on Linux\nAddress 192.0.2.77" in mail.text


def test_a_browser_that_comes_back_is_known_from_anywhere(alice: User) -> None:
    first, second = Client(), Client()
    sign_in(first)
    sign_in(second)
    second.post("/logout")
    sign_in(second, REMOTE_ADDR="198.51.100.9")
    assert (told(), KnownClient.objects.count()) == (1, 2)


def test_the_cookie_says_nothing_and_scripts_cannot_read_it(alice: User) -> None:
    browser = Client()
    sign_in(browser)
    cookie = browser.cookies["client"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == settings.KNOWN_CLIENTS_KEPT_DAYS * 86400
    assert cookie.value not in str(KnownClient.objects.values().get())


def test_a_program_is_known_by_its_name_whatever_its_version(alice: User) -> None:
    body = {"email": alice.email, "password": PASSWORD}
    for number, agent in enumerate(("backup/1.0", "backup/1.1", "other/1.0")):
        ApiClient(None).post("auth/login", body, **{"User-Agent": agent, "remote_addr": f"192.0.2.{number}"})
    assert (told(), KnownClient.objects.count()) == (1, 2)


def test_the_same_program_from_another_network_is_told(alice: User) -> None:
    body = {"email": alice.email, "password": PASSWORD}
    for address in ("192.0.2.1", "192.0.2.200", "198.51.100.1", "2001:db8:1:2::1", "2001:db8:1:3::1"):
        ApiClient(None).post("auth/login", body, **{"User-Agent": "curl/8", "remote_addr": address})
    assert (told(), KnownClient.objects.count()) == (2, 3)


def test_who_has_signed_in_before_is_told_although_no_client_is_known_any_more(alice: User) -> None:
    sign_in(Client())
    KnownClient.objects.all().delete()
    sign_in(Client())
    assert told() == 1


@pytest.mark.usefixtures("one_minute")
def test_strangers_tries_do_not_shut_out_a_browser_that_is_known(alice: User) -> None:
    browser, stranger = Client(), Client()
    sign_in(browser)
    browser.post("/logout")
    for number in range(6):
        form = {"email": alice.email, "password": "wrong"}
        last = stranger.post("/login", form, REMOTE_ADDR=f"198.51.100.{number}")
    assert last.status_code == 429
    assert Client().post("/login", {"email": alice.email, "password": PASSWORD}).status_code == 429
    sign_in(browser, REMOTE_ADDR="192.0.2.90")
    browser.post("/logout")
    # Its own tries are counted, whatever address it comes from.
    statuses = [
        browser.post(
            "/login", {"email": alice.email, "password": "wrong"}, REMOTE_ADDR=f"203.0.113.{number}"
        ).status_code
        for number in range(6)
    ]
    assert statuses[-1] == 429


@pytest.mark.usefixtures("one_minute")
def test_a_known_browser_of_somebody_else_counts_as_any(alice: User, bob: User) -> None:
    browser = Client()
    browser.post("/login", {"email": bob.email, "password": PASSWORD})
    browser.post("/logout")
    for number in range(5):
        Client().post("/login", {"email": alice.email, "password": "wrong"}, REMOTE_ADDR=f"198.51.100.{number}")
    form = {"email": alice.email, "password": PASSWORD}
    assert browser.post("/login", form, REMOTE_ADDR="192.0.2.91").status_code == 429


def test_one_persons_browser_is_not_anothers(alice: User, bob: User) -> None:
    browser, bobs_own = Client(), Client()
    sign_in(browser)
    bobs_own.post("/login", {"email": bob.email, "password": PASSWORD})
    browser.post("/logout")
    browser.post("/login", {"email": bob.email, "password": PASSWORD})
    assert Notification.objects.get().user == bob


def test_what_has_not_been_seen_for_long_is_forgotten(alice: User) -> None:
    sign_in(Client())
    days = settings.KNOWN_CLIENTS_KEPT_DAYS
    KnownClient.objects.update(last_seen_at=timezone.now() - timedelta(days=days - 1))
    assert forget_what_had_its_time()["known_clients"] == 0
    KnownClient.objects.update(last_seen_at=timezone.now() - timedelta(days=days, seconds=1))
    assert forget_what_had_its_time()["known_clients"] == 1


def test_without_a_file_no_place_is_said(alice: User) -> None:
    assert place_of("192.0.2.1") == ""


def test_places_come_from_the_file(tmp_path: Path, settings: Settings, alice: User, alice_api: ApiClient) -> None:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="GeoLite2-City")
    utrecht = {"city": {"names": {"en": "Utrecht"}}, "country": {"names": {"en": "Netherlands"}}}
    writer.insert_network(IPSet(["192.0.2.0/24"]), utrecht)
    writer.insert_network(IPSet(["198.51.100.0/24"]), {"country": {"names": {"en": "Spain"}}})
    writer.to_db_file(str(tmp_path / "places.mmdb"))
    settings.GEOIP_FILE = str(tmp_path / "places.mmdb")
    assert place_of("192.0.2.1") == "Utrecht, Netherlands"
    assert place_of("198.51.100.1") == "Spain"
    assert place_of("203.0.113.1") == ""
    assert place_of(None) == ""
    assert alice_api.get("auth/sessions").data["items"][0]["place"] == "Utrecht, Netherlands"
    browser = Client(REMOTE_ADDR="192.0.2.1")
    browser.force_login(alice)
    assert "near Utrecht, Netherlands" in browser.get("/settings/sessions").text
