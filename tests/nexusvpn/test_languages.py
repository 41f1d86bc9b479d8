"""Which language an answer is in, for whom it is kept, and that it is said."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import get_language

from accounts.models import User
from accounts.services.outbox import bodies_of, queue_mail
from nexusvpn.api import docs
from nexusvpn.languages import known_language, speaking
from tests.api_client import ApiClient
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db
GERMAN = "Ein VPN, das dir sagt, ob du verbunden bist"
ENGLISH = "A VPN that tells you whether you are connected"


@pytest.mark.parametrize(
    ("header", "heading"),
    [
        ("de", GERMAN),
        ("de-CH, en;q=0.5", GERMAN),
        ("fr, de;q=0.8, en;q=0.7", GERMAN),
        ("en-GB, de;q=0.9", ENGLISH),
        ("fr", ENGLISH),
        ("*", ENGLISH),
        ("de;q=x, \x7f", ENGLISH),
    ],
)
def test_a_browser_is_answered_in_the_first_of_ours_that_it_asks_for(client: Client, header: str, heading: str) -> None:
    page = client.get("/", headers={"accept-language": header})
    code = "de" if heading == GERMAN else "en"
    assert f"<h1>{heading}</h1>" in page.text
    assert f'<html lang="{code}" dir="ltr"' in page.text
    assert page.headers["Content-Language"] == code
    assert "Accept-Language" in page.headers["Vary"]


def test_what_was_chosen_here_goes_before_what_the_browser_asks_for(client: Client) -> None:
    client.post(reverse("appearance"), {"language": "de"})
    assert GERMAN in client.get("/", headers={"accept-language": "en"}).text
    client.post(reverse("appearance"), {"language": "en"})
    assert ENGLISH in client.get("/", headers={"accept-language": "de"}).text


def test_what_is_refused_before_anything_reads_it_is_said_in_the_readers_language(client: Client) -> None:
    client.get("/", headers={"accept-language": "en"})
    german = client.get("/help?q=%00", headers={"accept-language": "de"})
    assert (german.status_code, "Das hat so nicht geklappt" in german.text) == (400, True)
    english = client.post("/login", CONTENT_LENGTH=10**9, headers={"accept-language": "en"})
    assert (english.status_code, "That request does not work" in english.text) == (413, True)
    assert english.headers["Content-Language"] == "en"


@pytest.mark.parametrize("path", ["/", "/nothing-here", "/api/nothing-here"])
def test_no_shared_cache_gives_one_browsers_choice_to_another(client: Client, path: str) -> None:
    client.post(reverse("appearance"), {"language": "de"})
    answer = client.get(path, headers={"accept-language": "en"})
    assert answer.headers["Content-Language"] == "de"
    assert {"Cookie", "Accept-Language"} <= set(answer.headers["Vary"].split(", "))


@pytest.mark.parametrize("language", ["xx", "", "de'; --", "../de"])
def test_a_language_that_we_do_not_speak_changes_nothing(client: Client, alice: User, language: str) -> None:
    client.force_login(alice)
    answer = client.post(reverse("appearance"), {"language": language})
    assert "language" not in answer.cookies
    alice.refresh_from_db()
    assert alice.language == ""
    client.cookies["language"] = language
    assert client.get("/help").status_code == 200


def test_the_choice_of_somebody_who_is_signed_in_is_kept_and_their_mails_are_in_it(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.post(reverse("appearance"), {"language": "de"})
    alice.refresh_from_db()
    assert alice.language == "de"
    mail = queue_mail("welcome", alice.email, {"name": "Alice"}, user=alice)
    assert '<html lang="de">' in bodies_of(mail)["html"]
    assert get_language() == "en"


def test_somebody_elses_choice_is_theirs(client: Client, alice: User, bob: User) -> None:
    client.force_login(alice)
    client.post(reverse("appearance"), {"language": "de"})
    bob.refresh_from_db()
    assert bob.language == ""


def test_the_admin_speaks_it_too(client: Client) -> None:
    client.force_login(make_user("staff@example.com", is_staff=True, is_superuser=True))
    page = client.get("/admin/", headers={"accept-language": "de"})
    assert '<html lang="de"' in page.text
    assert page.headers["Content-Language"] == "de"


def test_errors_of_the_api_are_words_in_a_language_and_a_code_in_none(api: ApiClient) -> None:
    german = api.get("devices", **{"Accept-Language": "de"})
    english = api.get("devices")
    assert (german.code, english.code) == ("not_authenticated", "not_authenticated")
    assert german.body["message"].startswith("Melde dich zuerst an")
    assert english.body["message"].startswith("Sign in first")


@pytest.mark.parametrize("path", ["/api/health/liveness", "/api/v1/node/state"])
def test_programs_that_read_no_words_get_no_language(client: Client, path: str) -> None:
    answer = client.get(path, headers={"accept-language": "de"})
    assert "Content-Language" not in answer.headers
    assert "Accept-Language" not in answer.headers.get("Vary", "")


def test_a_text_for_a_person_is_in_theirs_or_in_the_sites_own() -> None:
    with speaking("de"):
        assert get_language() == "de"
    with speaking("xx"):
        assert get_language() == "en"
    assert [known_language(code) for code in ("de", "en", "fr", "")] == ["de", "en", "", ""]


def test_the_document_of_the_api_is_everybodys_and_in_english_whoever_asks_first(client: Client) -> None:
    docs._schema.cache_clear()
    document = client.get("/api/schema", headers={"accept-language": "de"}).text
    assert "`low` - Low" in document
    assert "Niedrig" not in document
