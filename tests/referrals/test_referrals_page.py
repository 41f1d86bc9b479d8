from __future__ import annotations

import importlib

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from referrals.models import Referral, ReferralProgramme
from tests.factories.accounts import make_user
from tests.factories.referrals import bring, earned, make_programme, promise
from tests.queries import recorded_queries

pytestmark = pytest.mark.usefixtures("programme")


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


def test_the_page_has_the_link_as_code_text_and_qr(browser: Client, alice: User, settings: Settings) -> None:
    settings.SITE_URL = "https://vpn.example"
    link = f"https://vpn.example/r/{alice.referral_code}"
    page = browser.get("/referrals").content.decode()
    assert f'data-qr="{link}"' in page
    assert f'data-share-url="{link}"' in page
    assert f"after your first payment: {link}</blockquote>" in page


def test_without_referrals_the_page_says_what_to_do_and_what_the_rules_are(browser: Client) -> None:
    page = browser.get("/referrals").content.decode()
    assert "Send your link to a friend." in page
    assert "Nothing is given for a sign-up alone." in page
    assert "Your rewards" not in page


def test_every_friend_has_the_state_of_the_reward(browser: Client, alice: User) -> None:
    bring(alice, make_user("a@example.com"))
    waiting = promise(alice, make_user("b@example.com"))
    bring(alice, held := make_user("c@example.com"), reasons=["network"])
    promise(alice, held)
    earned(alice, make_user("d@example.com"))
    page = browser.get("/referrals").content.decode()
    for word in ("First payment awaited", "Pending", "Being looked at", "Earned", "Choose a plan"):
        assert word in page
    assert page.count(f'until <time datetime="{waiting.matures_at.isoformat()}') == 1
    assert "network" not in page


def test_who_was_brought_reads_what_they_may_earn_until_they_have_paid(browser: Client, alice: User, bob: User) -> None:
    bring(bob, alice)
    words = "Your own reward begins with your first payment."
    assert words in browser.get("/referrals").text
    promise(bob, alice)
    page = browser.get("/referrals").text
    assert words not in page
    assert "For having been brought" in page
    assert "bob" not in page


def test_the_page_costs_the_same_with_1_and_with_20_friends(browser: Client, alice: User) -> None:
    earned(alice, make_user("first@example.com"))
    with recorded_queries() as few:
        browser.get("/referrals")
    for number in range(19):
        promise(alice, make_user(f"more{number}@example.com"))
    with recorded_queries() as many:
        assert browser.get("/referrals").text.count("@e•••") == 20
    assert len(many) == len(few) <= 15, many


def test_while_the_programme_is_closed_the_page_says_nothing_of_rewards(
    browser: Client, alice: User, bob: User, charlie: User
) -> None:
    make_programme(is_open=False)
    page = browser.get("/referrals").text
    main = page[page.index("<h1>Referrals</h1>") :].lower()
    assert "reward" not in main.replace("rewards.css", "")
    assert "credit" not in main
    make_programme()
    promise(alice, bob)
    make_programme(is_open=False)
    assert "No new rewards are given at the moment." in browser.get("/referrals").text


def test_nothing_is_given_before_staff_have_opened_it(db: None) -> None:
    rules = importlib.import_module("referrals.migrations.0004_standard_programme").PROGRAMME
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM referrals_referralprogramme")
        cursor.execute(rules)
    assert not ReferralProgramme.objects.get().is_open
    assert not ReferralProgramme().is_open


def test_a_development_checkout_has_it_open_and_nothing_else_has(db: None, settings: Settings) -> None:
    make_programme(is_open=False)
    settings.DEBUG = False
    with pytest.raises(CommandError, match="Staff decide"):
        call_command("open_demo_programme")
    assert not ReferralProgramme.objects.get().is_open
    settings.DEBUG = True
    call_command("open_demo_programme")
    assert ReferralProgramme.objects.get().is_open
