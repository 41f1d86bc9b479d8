"""What somebody chose before they had an account is still chosen when they have one."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.accounts.links import token_mailed
from tests.accounts.test_pages_sign_up import FORM
from tests.jobs import run_waiting_jobs

WANTED = "/locations?sort=load&premium=1"


@pytest.fixture
def page(transactional_db: None) -> Client:
    return Client()


def link(text: str, path: str) -> str:
    """The page's link to a path, with all that it carries on."""
    return unescape(re.findall(rf'href="({path}[^"]*)"', text)[-1])


def next_of(address: str) -> str:
    return parse_qs(urlsplit(address).query).get("next", [""])[0]


def sign_up(page: Client) -> str:
    """With the form as the page has it; returns where it leads."""
    form = page.get("/signup", {"next": WANTED}).text
    hidden = re.search(r'name="next" value="([^"]*)"', form)
    assert hidden
    return page.post("/signup", {**FORM, "next": unescape(hidden[1])}).headers["Location"]


def test_it_goes_through_sign_up_and_sign_in(page: Client) -> None:
    sent = sign_up(page)
    assert sent.startswith("/signup/sent?")
    login = link(page.get(sent).text, "/login")
    assert next_of(login) == WANTED
    answer = page.post(login, {"email": FORM["email"], "password": FORM["password"]})
    assert answer.headers["Location"] == WANTED


def test_it_goes_through_the_mail_that_confirms_the_address_once(page: Client) -> None:
    sign_up(page)
    run_waiting_jobs()
    answer = page.post(f"/verify-email/{token_mailed('verify_email')}")
    assert next_of(answer.headers["Location"]) == WANTED
    assert page.cookies["next"].value == ""


def test_who_is_signed_in_when_they_confirm_goes_there_at_once(page: Client) -> None:
    sign_up(page)
    run_waiting_jobs()
    page.post("/login", {"email": FORM["email"], "password": FORM["password"]})
    assert page.post(f"/verify-email/{token_mailed('verify_email')}").headers["Location"] == WANTED


def test_without_verification_it_is_the_first_page(page: Client, settings: Settings) -> None:
    settings.EMAIL_VERIFICATION = False
    assert sign_up(page) == WANTED


def test_the_two_forms_lead_to_each_other_with_it(page: Client) -> None:
    assert next_of(link(page.get("/signup", {"next": WANTED}).text, "/login")) == WANTED
    assert next_of(link(page.get("/login", {"next": WANTED}).text, "/signup")) == WANTED


def test_who_has_an_account_and_is_signed_in_needs_no_form(page: Client, alice: User) -> None:
    page.force_login(alice)
    assert page.get("/signup", {"next": WANTED}).headers["Location"] == WANTED


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:alert(1)"])
def test_another_site_is_never_where_it_leads(page: Client, elsewhere: str) -> None:
    text = page.get("/signup", {"next": elsewhere}).text
    # The switches of the foot lead back to this page, under its own address.
    values = re.findall(r'(?:href|action|value)="([^"]*)"', text)
    assert [value for value in values if "example.com" in value and not value.startswith("/signup?next=")] == []
    answer = page.post("/signup", {**FORM, "next": elsewhere})
    assert answer.headers["Location"] == "/signup/sent"
    assert "next" not in page.cookies


def test_a_cookie_that_somebody_made_up_is_none(page: Client) -> None:
    page.post("/signup", FORM)
    run_waiting_jobs()
    page.cookies["next"] = WANTED
    assert page.post(f"/verify-email/{token_mailed('verify_email')}").headers["Location"] == "/login?next=%2Fwelcome"
