"""A person is written to in their language, whoever causes it; and says which one that is."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from accounts.acts import in_words
from accounts.cookies import cookies
from accounts.models import Notification, User
from accounts.privacy import stored_kinds
from accounts.services.exports import collect
from accounts.services.factor_removal import remove_all_factors
from accounts.services.known_clients import recognise
from accounts.services.outbox import queue_mail
from accounts.services.passwords import change_password
from accounts.services.recovery_codes import write_codes
from accounts.services.registration import finish_sign_up
from accounts.services.second_factor import note_added
from accounts.services.totp import write_seed
from nexusvpn.local.messages import MAILS_OF
from tests.api_client import ApiClient
from tests.factories.accounts import PASSWORD, make_user
from tests.mails import Waiting, waiting_mails

pytestmark = pytest.mark.django_db
TEMPLATES = Path(settings.BASE_DIR) / "templates/emails"
OF_OTHERS = tuple(beginning for beginnings in MAILS_OF.values() for beginning in beginnings)
OURS = sorted(
    folder.name for folder in TEMPLATES.iterdir() if folder.is_dir() and not folder.name.startswith(OF_OTHERS)
)
MOMENT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
CONTEXT: dict[str, Any] = {
    "name": "Frida",
    "token": "t0k3n",
    "code": "c0d3",
    "old": "frida@example.com",
    "new": "f@example.com",
    "scopes": ["devices"],
    "keys": ["Backup"],
    "program": "Firefox",
    "place": "Utrecht",
    "address": "192.0.2.7",
    "title": lambda: translation.gettext("Your second factors were removed"),
    "text": lambda: translation.gettext("The former ones work no more."),
    **dict.fromkeys(("due", "expires", "expires_at", "at"), MOMENT),
}
GERMAN = {"accept-language": "de-AT, en;q=0.5"}


@pytest.fixture
def frida(db: None) -> User:
    return make_user("frida@example.com", full_name="Frida", language="de")


def one_mail(kind: str) -> Waiting:
    (mail,) = waiting_mails(kind)
    return mail


def lines_of(mail: Waiting) -> set[str]:
    """What a mail says, line by line, but for addresses and what was filled in as it was."""
    text = "\n".join((mail.subject, mail.text, unescape(mail.html)))
    said = (line.strip().removeprefix("<p>").removesuffix("</p>") for line in text.splitlines())
    return {line for line in said if " " in line and "http" not in line and not line.startswith(("<", "Frida ("))}


@pytest.mark.parametrize("leaving", [True, False])
@pytest.mark.parametrize("kind", OURS)
def test_every_mail_is_wholly_in_the_persons_language(frida: User, kind: str, leaving: bool) -> None:
    context = {**CONTEXT, "leaving": leaving, "by_staff": leaving}
    with translation.override("en"):
        queue_mail(kind, frida.email, context, user=frida)
    german = one_mail(kind)
    frida.language = "en"
    with translation.override("de"):
        queue_mail(kind, frida.email, context, user=frida)
    english = waiting_mails(kind)[1]
    assert german.subject != english.subject
    assert not lines_of(german) & lines_of(english)
    assert ('<html lang="de">' in german.html, '<html lang="en">' in english.html) == (True, True)
    assert german.text.startswith("Hallo")


def test_a_german_person_is_told_of_a_new_password_in_german(frida: User) -> None:
    with translation.override("en"):
        change_password(user=frida, new_password="a quite new long secret", keep=None)
    mail, note = one_mail("password_changed"), Notification.objects.get(user=frida)
    assert mail.subject == "Dein Passwort bei NexusVPN wurde geändert"
    for body in (mail.text, mail.html):
        assert "Hallo Frida," in body
        assert "dein Passwort wurde geändert." in body
    assert note.title == "Dein Passwort wurde geändert"
    assert note.text.startswith("Alles andere, was angemeldet war, ist abgemeldet.")


def test_what_english_staff_do_is_told_in_the_persons_german(frida: User, sam: User) -> None:
    write_seed(frida)
    frida.totp_seed.confirmed_at = MOMENT
    frida.totp_seed.save()
    write_codes(frida)
    with translation.override("en"):
        remove_all_factors(user=frida, by=sam, reason="Lost")
    note, mail = Notification.objects.get(user=frida), one_mail("second_factor")
    assert note.title == mail.subject == "Deine zweiten Faktoren wurden entfernt"
    assert note.text in mail.text
    assert note.text in unescape(mail.html)


def test_who_reads_english_is_told_in_english_by_a_german_request(alice: User) -> None:
    alice.language = "en"
    with translation.override("de"):
        note_added(alice, "totp", translation.gettext_lazy("An authenticator app was added"))  # type: ignore[arg-type]
    assert Notification.objects.get(user=alice).title == "An authenticator app was added"
    assert one_mail("second_factor").subject == "An authenticator app was added"


def test_a_sign_in_from_something_new_is_told_in_german(frida: User) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/130.0"
    recognise(frida, "first", address="192.0.2.1", user_agent=agent)
    recognise(frida, "second", address="192.0.2.9", user_agent=agent)
    note, mail = Notification.objects.get(user=frida), one_mail("new_sign_in")
    assert note.title == "Neue Anmeldung"
    assert note.text.endswith(" · 192.0.2.9")
    assert "Adresse 192.0.2.9, " in mail.text


class TestSigningUp:
    NEW = {"email": "heidi@example.com", "password": "a long enough secret"}

    def test_over_the_api_the_language_is_that_of_the_request(self, api: ApiClient) -> None:
        assert api.post("auth/register", self.NEW, **GERMAN).status == 201
        heidi = User.objects.get(email="heidi@example.com")
        assert heidi.language == "de"
        finish_sign_up(heidi.pk)
        assert one_mail("verify_email").subject == "Bestätige deine Adresse für NexusVPN"

    def test_on_the_page_it_is_that_of_the_page(self) -> None:
        page = Client(headers=GERMAN)
        assert "<h1>Konto erstellen</h1>" in page.get("/signup").text
        assert page.post("/signup", self.NEW).status_code == 302
        assert User.objects.get(email="heidi@example.com").language == "de"

    def test_a_language_that_we_do_not_speak_is_not_noted(self, api: ApiClient) -> None:
        assert api.post("auth/register", self.NEW, **{"accept-language": "ja"}).status == 201
        assert User.objects.get(email="heidi@example.com").language == settings.LANGUAGE_CODE


@pytest.mark.parametrize("path", ["auth/register", "auth/login", "auth/password/forgot", "auth/verify-email/resend"])
def test_in_german_too_a_known_address_is_answered_like_an_unknown_one(api: ApiClient, frida: User, path: str) -> None:
    told = set()
    for email in (frida.email, "nobody@example.com"):
        body = {"email": email}
        if path in ("auth/register", "auth/login"):
            body["password"] = "a long enough secret"
        answer = api.post(path, body, **GERMAN)
        assert answer.headers["Content-Language"] == "de"
        said = {key: value for key, value in answer.body.items() if key not in ("request_id", "timestamp")}
        told.add(str((answer.status, said)).replace(email, "…"))
    assert len(told) == 1


def test_a_refusal_over_the_api_is_in_german_and_its_code_is_not(api: ApiClient) -> None:
    wrong = {"email": "nobody@example.com", "password": "a wrong secret"}
    answer = api.post("auth/login", wrong, **GERMAN)
    assert (answer.status, answer.code) == (401, "invalid_credentials")
    assert answer.body["message"] == "Die E-Mail-Adresse oder das Passwort ist falsch."


class TestChoosing:
    def test_over_the_api(self, alice_api: ApiClient, alice: User) -> None:
        assert alice_api.get("users/me").data["language"] == settings.LANGUAGE_CODE
        assert alice_api.patch("users/me", {"language": "de"}).data["language"] == "de"
        alice.refresh_from_db()
        assert (alice.language, alice.full_name) == ("de", "Alice")

    @pytest.mark.parametrize("language", ["fr", "DE", "", "de-DE", None, 1])
    def test_any_other_is_400_and_nothing_is_saved(self, alice_api: ApiClient, alice: User, language: object) -> None:
        answer = alice_api.patch("users/me", {"language": language, "full_name": "Another"})
        assert (answer.status, answer.code, list(answer.fields)) == (400, "invalid_input", ["language"])
        alice.refresh_from_db()
        assert (alice.language, alice.full_name) == ("", "Alice")

    def test_on_the_page_it_is_the_persons_and_the_browsers(self, alice: User) -> None:
        page = Client()
        page.force_login(alice)
        answer = page.post("/settings", {"full_name": "Alice", "language": "de"}, follow=True)
        assert "Dein Profil ist gespeichert." in answer.text
        assert '<html lang="de"' in answer.text
        alice.refresh_from_db()
        assert alice.language == "de"
        assert page.cookies[settings.LANGUAGE_COOKIE_NAME].value == "de"

    def test_who_saves_a_name_alone_leaves_the_browser_the_language_that_it_has(self, alice: User) -> None:
        User.objects.filter(pk=alice.pk).update(language="en")
        page = Client(headers=GERMAN)
        page.force_login(alice)
        answer = page.post("/settings", {"full_name": "Alice Liddell", "language": "en"}, follow=True)
        assert "Dein Profil ist gespeichert." in answer.text
        assert settings.LANGUAGE_COOKIE_NAME not in page.cookies
        alice.refresh_from_db()
        assert (alice.full_name, alice.language) == ("Alice Liddell", "en")

    def test_it_is_in_the_export_which_is_in_it(self, frida: User) -> None:
        with translation.override("en"):
            held = collect(frida)
        assert held["account"]["language"] == "de"
        assert held["heading"]["note"].startswith("Alles, was wir über dich gespeichert haben.")
        assert held["heading"]["sections"]["sessions"] == "Wo du jetzt angemeldet bist."

    def test_it_comes_along_to_a_browser_that_has_chosen_none(self, frida: User) -> None:
        page = Client(headers={"accept-language": "en"})
        page.post("/login", {"email": frida.email, "password": PASSWORD})
        assert page.cookies[settings.LANGUAGE_COOKIE_NAME].value == "de"

    def test_a_browser_that_has_chosen_stays_with_it(self, frida: User) -> None:
        page = Client()
        page.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        page.post("/login", {"email": frida.email, "password": PASSWORD})
        assert page.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_what_was_registered_at_the_start_is_said_in_the_readers_language() -> None:
    with translation.override("de"):
        assert in_words("password_changed") == "Passwort geändert"
        assert (
            next(kind.why for kind in stored_kinds() if kind.model == "accounts.TotpSeed") == "Um ihre Codes zu prüfen."
        )
        assert "Ein Jahr." in {cookie.kept for cookie in cookies()}
    with translation.override("en"):
        assert in_words("password_changed") == "Password changed"


class TestARefusedForm:
    def test_the_first_wrong_field_has_the_focus_and_what_was_typed_is_kept(self) -> None:
        answer = Client().post("/signup", {"email": "no address", "password": "short", "full_name": "Heidi"})
        assert answer.status_code == 400
        form = answer.text.split("<form")[1].split("</form>")[0]
        assert form.count("autofocus") == 1
        assert "autofocus" in form.split('name="email"')[1].split(">")[0]
        assert 'value="no address"' in form
        assert 'value="Heidi"' in form
        assert "short" not in form

    def test_all_of_them_are_named_above_it_and_led_to(self) -> None:
        form = Client().post("/signup", {"email": "no address", "password": ""}).text.split("<form")[1]
        alert = form.split('role="alert"')[1].split("</div>")[0]
        assert "Some fields need another value." in alert
        assert '<a href="#id_email">E-mail address</a>' in alert
        assert '<a href="#id_password">Password</a>' in alert

    def test_a_refusal_of_the_whole_has_the_focus_itself(self, alice: User) -> None:
        form = Client().post("/login", {"email": alice.email, "password": "a wrong secret"}).text.split("<form")[1]
        alert = form.split('role="alert"')[1].split(">")[0]
        assert "autofocus" in alert
        assert form.count("autofocus") == 1
        assert "a wrong secret" not in form
        assert alice.email in form
