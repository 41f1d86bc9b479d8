"""The pages of a person's data, their account's history and its end."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import DataExport, User
from accounts.services.deletion import leave
from accounts.services.exports import make_export, request_export
from nexusvpn.audit import record_act
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


class TestExport:
    def test_it_is_asked_for_waited_for_and_downloaded(self, page: Client, alice: User) -> None:
        assert "Ask for your data" in page.get("/settings/privacy").text
        answer = page.post("/settings/privacy/export", follow=True)
        assert "it is being put together" in answer.text
        assert "Ask for" not in answer.text
        make_export(DataExport.objects.get().pk)
        assert "Download file" in page.get("/settings/privacy").text
        file = page.get("/settings/privacy/export/file")
        assert file.headers["Content-Disposition"].startswith('attachment; filename="nexusvpn-data-')
        assert "no-store" in file.headers["Cache-Control"]
        assert json.loads(file.content)["account"]["email"] == alice.email
        assert "Export of your data downloaded" in page.get("/settings/privacy").text

    def test_the_fourth_of_a_day_is_refused_in_words(self, page: Client, alice: User) -> None:
        for _ in range(3):
            make_export(request_export(user=alice).pk)
        answer = page.post("/settings/privacy/export", follow=True)
        assert "3 exports a day" in answer.text

    def test_without_one_there_is_no_file(self, page: Client) -> None:
        assert page.get("/settings/privacy/export/file").status_code == 404

    def test_anothers_file_is_not_there(self, page: Client, bob: User) -> None:
        make_export(request_export(user=bob).pk)
        assert page.get("/settings/privacy/export/file").status_code == 404

    def test_a_failed_one_says_so(self, page: Client, alice: User) -> None:
        DataExport.objects.create(user=alice, state="failed")
        assert "could not be put together" in page.get("/settings/privacy").text


class TestActivity:
    def test_it_is_ones_own_newest_first_page_by_page(self, page: Client, alice: User, bob: User, sam: User) -> None:
        record_act("account_suspended", actor=sam, person=alice.pk, target=alice, address="198.51.100.9")
        record_act("name_changed", actor=alice, person=alice.pk, target=alice, address="192.0.2.44")
        record_act("password_changed", actor=bob, person=bob.pk, target=bob)
        text = page.get("/settings/privacy").text
        assert text.index("Name changed") < text.index("Account suspended")
        assert "Our staff" in text
        assert "192.0.2.44" in text
        assert "198.51.100.9" not in text
        assert "Password changed" not in text
        second = page.get("/settings/privacy?limit=1&page=2").text
        assert "Account suspended" in second
        assert "Name changed" not in second

    def test_the_page_costs_the_same_with_many_acts(
        self, page: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(20):
            record_act("name_changed", actor=alice, person=alice.pk, target=alice)
        with django_assert_max_num_queries(6):
            answer = page.get("/settings/privacy")
        assert "no-store" in answer.headers["Cache-Control"]


class TestLeavingAndComingBack:
    def test_it_asks_first_and_wants_the_password(self, page: Client, alice: User) -> None:
        asked = page.get("/settings/privacy/delete").text
        assert "Delete your account?" in asked
        assert "If you pay for a plan, nothing more is charged." in asked
        wrong = page.post("/settings/privacy/delete", {"password": "wrong"})
        assert wrong.status_code == 400
        assert "This is not your password." in wrong.text
        alice.refresh_from_db()
        assert alice.is_active

    def test_it_shuts_the_account_and_leads_to_where_it_is_taken_back(self, page: Client, alice: User) -> None:
        answer = page.post("/settings/privacy/delete", {"password": PASSWORD}, follow=True)
        assert answer.redirect_chain == [("/account/restore", 302)]
        assert "Your account is shut." in answer.text
        assert page.get("/dashboard").headers["Location"] == "/login?next=/dashboard"
        alice.refresh_from_db()
        assert alice.is_leaving

    def test_signing_in_leads_there_too_but_only_with_the_right_password(self, alice: User) -> None:
        leave(user=alice)
        browser = Client()
        assert browser.post("/login", {"email": alice.email, "password": "wrong"}).status_code == 400
        answer = browser.post("/login", {"email": alice.email, "password": PASSWORD}, follow=True)
        assert answer.redirect_chain == [("/account/restore", 302)]
        assert "going to be deleted" in answer.text

    def test_taking_it_back_leads_to_signing_in(self, alice: User) -> None:
        leave(user=alice)
        browser = Client()
        values = {"email": alice.email, "password": PASSWORD}
        answer = browser.post("/account/restore", values, follow=True)
        assert "Your account stays" in answer.text
        assert browser.post("/login", values).headers["Location"] == "/dashboard"

    def test_guesses_are_counted_and_answered_alike(self, alice: User, settings: Settings) -> None:
        leave(user=alice)
        browser = Client()
        wrong = browser.post("/account/restore", {"email": alice.email, "password": "wrong"})
        unknown = browser.post("/account/restore", {"email": "nobody@example.com", "password": "wrong"})
        assert wrong.status_code == unknown.status_code == 400
        assert "The e-mail address or the password is wrong." in wrong.text
        assert "The e-mail address or the password is wrong." in unknown.text
        statuses = [
            browser.post("/account/restore", {"email": alice.email, "password": "x"}).status_code for _ in range(4)
        ]
        assert statuses[-1] == 429


class TestWhatWeStore:
    def test_everybody_reads_it_with_the_periods_of_this_service(self, db: None, settings: Settings) -> None:
        settings.LOGIN_HISTORY_DAYS = 123
        answer = Client().get("/privacy/what-we-store")
        assert answer.status_code == 200
        assert "123 days." in answer.text
        assert "Tries to sign in" in answer.text

    def test_every_footer_leads_to_it(self, page: Client) -> None:
        for path in ("/", "/dashboard", "/settings/privacy"):
            assert 'href="/privacy/what-we-store"' in page.get(path).text, path


@pytest.mark.parametrize("path", ["/settings/privacy", "/settings/privacy/delete", "/settings/privacy/export/file"])
def test_a_stranger_is_asked_to_sign_in(db: None, path: str) -> None:
    assert Client().get(path).headers["Location"] == f"/login?next={path}"


def test_an_export_is_asked_for_by_a_form_only(page: Client) -> None:
    assert page.get("/settings/privacy/export").status_code == 405
