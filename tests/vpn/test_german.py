"""Pages, refusals and mails about devices in German; files that programs read stay as they are."""

from __future__ import annotations

import re
from typing import cast

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import Mail, Notification, User
from accounts.services.outbox import bodies_of
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.vpn.acting import add
from vpn.admin.devices import why_off
from vpn.emails import queue_alert_mail, queue_drain_mail
from vpn.models import Alert, Server, VpnConfig
from vpn.services.config_choices import parse_choices
from vpn.services.configuration import configuration

GERMAN = {"Accept-Language": "de"}


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams"))


@pytest.fixture
def page(ams: Server, alice: User) -> Client:
    grant(alice, "pro")
    client = Client(headers=GERMAN)
    client.force_login(alice)
    return client


@pytest.fixture
def phone(page: Client, alice: User) -> VpnConfig:
    return add(alice, "Phone")


def test_pages_about_devices(page: Client, phone: VpnConfig) -> None:
    assert "Du benutzt 1 von 10 Geräten" in page.get("/devices").text
    shown = page.get(f"/devices/{phone.pk}").text
    assert "Seine Server müssen es noch bestätigen." in shown
    assert "Gerät sperren" in shown
    assert "Name, Schlüssel und Adressen bleiben." in shown
    assert '<label for="id_dns">DNS-Server</label>' in page.get(f"/devices/{phone.pk}/config").text
    assert (
        "Phone ist gesperrt, bis du die Sperre aufhebst." in page.post(f"/devices/{phone.pk}/suspend", follow=True).text
    )


def test_places_to_choose_are_named_in_german(page: Client) -> None:
    make_location("zrh", city="Genf", name="Genf", country_code="CH")
    assert "Genf, Schweiz (nicht in Betrieb)" in page.get("/devices/new").text


def test_the_status_page_and_what_is_kept_of_it(page: Client) -> None:
    """The drawing of the bars is kept between requests: of each language its own."""
    english = Client(headers={"Accept-Language": "en"})
    for _ in range(2):
        assert "Zahlen je Tag" in page.get("/status").text
        assert "Figures per day" in english.get("/status").text


def test_refusals_in_the_api_follow_accept_language_and_their_codes_do_not(page: Client, alice: User) -> None:
    asked = ApiClient(token_of(alice)).post(
        "devices", {"name": "Laptop", "location": "nowhere"}, **{"Accept-Language": "de"}
    )
    assert (asked.status, asked.code) == (400, "unknown_location")
    assert asked.fields == {"location": ["Diesen Standort gibt es nicht."]}


def test_the_file_is_ascii_whoever_reads_what_beside_it(alice: User, phone: VpnConfig) -> None:
    with translation.override("de"):
        choices = parse_choices({"dns": "none", "ipv6": "off", "kill_switch": "on", "location": "ams"})
        file = configuration(user=alice, device_id=phone.pk, choices=choices)
    assert file.text.isascii()
    assert "# No DNS server is set" in file.text
    assert file.notes[0].startswith("Es ist kein DNS-Server eingetragen")


def test_a_mail_and_its_notice_are_in_the_language_of_who_gets_them(alice: User, ams: Server) -> None:
    alice.language = "de"
    alice.save(update_fields=["language"])
    queue_drain_mail(alice, ams, ["Phone"], None, moved=True)
    mail = Mail.objects.get()
    assert mail.subject == "Ein Server in AMS geht außer Betrieb"
    body = bodies_of(mail)["txt"]
    assert "Ein neuer Platz in AMS ist bereit." in body
    assert body.startswith("Hallo,")
    assert Notification.objects.filter(user=alice).exists()


def test_staff_are_told_in_their_language_and_others_in_ours(sam: User, db: None) -> None:
    User.objects.filter(pk=sam.pk).update(language="de")
    for address in (sam.email, "duty@example.com"):
        queue_alert_mail(address, server="ams-1", what=cast(str, Alert.Kind.SILENT.label), detail="", over=True)
    subjects = dict(Mail.objects.values_list("to", "subject"))
    assert subjects[sam.email] == "Vorbei: ams-1: Der Knoten meldet sich nicht"
    assert subjects["duty@example.com"] == "Over: ams-1: The node is silent"


@pytest.mark.parametrize("path", ["/devices", "/devices/new", "/devices/keep", "/locations", "/speed-test", "/status"])
def test_no_english_is_left_over(page: Client, phone: VpnConfig, path: str) -> None:
    main = page.get(path).text.split("<main", 1)[1].split("</main>", 1)[0]
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"<pre.*?</pre>", " ", main, flags=re.DOTALL))
    assert re.findall(r".{0,40}\b(?:the|your|device|devices|Added|State)\b.{0,40}", plain) == []


def test_guides(page: Client, phone: VpnConfig) -> None:
    text = page.get("/help/set-up/linux").text
    assert "Diese Anleitung ist für <b>Phone</b>." in text
    assert "3. Die Datei an ihren Platz legen" in text


def test_what_programs_send_is_stored_in_the_sites_own_language_after_a_german_page(page: Client) -> None:
    page.get("/devices")
    assert translation.get_language() == "de"
    page.get("/api/health/liveness")
    assert translation.get_language() == "en"


def test_whoever_suspended_a_device_is_named_within_a_sentence() -> None:
    assert why_off(VpnConfig.Blocked.SUSPENDED, "customer") == "Suspended by the customer"
    with translation.override("de"):
        assert why_off(VpnConfig.Blocked.SUSPENDED, "customer") == "Vom Kunden gesperrt"
        assert why_off(VpnConfig.Blocked.SUSPENDED, "both") == "Vom Support und vom Kunden gesperrt"
