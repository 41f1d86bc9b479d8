from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from referrals.models import Referral
from tests.factories.accounts import make_user


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def test_the_page_shows_link_code_and_masked_people(browser: Client, alice: User, settings: Settings) -> None:
    settings.SITE_URL = "https://vpn.example"
    Referral.objects.create(referrer=alice, referred=make_user("xavier@secret-domain.org"))
    page = browser.get("/referrals").content.decode()
    assert f"https://vpn.example/r/{alice.referral_code}" in page
    assert "1 person joined" in page
    assert "x•••@s•••.org" in page
    assert "xavier" not in page
    assert "secret-domain" not in page


def test_without_referrals_the_page_says_what_to_expect(browser: Client) -> None:
    page = browser.get("/referrals").content.decode()
    assert "Nobody has joined with your link yet." in page
    assert "No referrals yet" in page


def test_a_long_list_has_pages(browser: Client, alice: User) -> None:
    people = [make_user(f"person{n}@example.com") for n in range(21)]
    Referral.objects.bulk_create(Referral(referrer=alice, referred=person) for person in people)
    assert "Page 2 of 2" in browser.get("/referrals?page=2").content.decode()
    assert "21 people joined" in browser.get("/referrals?page=3").content.decode()


@pytest.mark.parametrize("query", ["page=-1", "limit=101"])
def test_a_page_out_of_range_is_refused(browser: Client, query: str) -> None:
    assert browser.get(f"/referrals?{query}").status_code == 400


@pytest.mark.django_db
def test_who_is_not_signed_in_is_sent_to_sign_in() -> None:
    answer = Client().get("/referrals")
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/referrals")


def test_the_page_is_only_read(browser: Client) -> None:
    assert browser.post("/referrals").status_code == 405
