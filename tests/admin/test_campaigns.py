"""Staff make campaigns, copy their links and read what they brought."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEvent, User
from referrals.models import Campaign
from referrals.services.campaigns import record_visit
from tests.admin.addresses import save
from tests.queries import recorded_queries
from tests.referrals.campaigns import make_campaign
from tests.referrals.test_campaigns import brought, pays

LIST = "/admin/referrals/campaign/"
NEW = {"name": "Letter of May", "slug": "letter-may", "is_open": "on", "note": ""}

pytestmark = pytest.mark.django_db


def days_of(campaign: Campaign) -> str:
    return f"{LIST}{campaign.pk}/days.csv"


def text_of(answer: object) -> str:
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


@pytest.fixture
def letter(db: None) -> Campaign:
    letter = make_campaign(name="=Letter")
    for _ in range(3):
        record_visit("letter")
    pays(brought(name="a"))
    pays(brought(name="b"), currency="EUR", total_minor=600)
    pays(brought(name="c")).payments.update(refunded_minor=499)
    return letter


def test_one_is_made_and_its_link_is_there_to_be_copied(staff: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://vpn.example"
    assert staff.post(f"{LIST}add/", NEW).status_code == 302
    made = Campaign.objects.get()
    assert "https://vpn.example/?c=letter-may" in staff.get(f"{LIST}{made.pk}/change/").text
    assert AuditEvent.objects.filter(action="staff_added", target_id=str(made.pk)).exists()


@pytest.mark.parametrize("slug", ["Letter", "a", "-letter", "let ter", "x" * 41, "letter.may"])
def test_a_slug_that_would_not_stand_in_an_address_is_refused(staff: Client, slug: str) -> None:
    assert staff.post(f"{LIST}add/", {**NEW, "slug": slug}).status_code == 200
    assert not Campaign.objects.exists()


def test_a_slug_is_one_campaigns_and_stays_it(staff: Client, letter: Campaign) -> None:
    answer = staff.post(f"{LIST}add/", {**NEW, "slug": "letter"})
    assert "already exists" in answer.text
    save(staff, f"{LIST}{letter.pk}/change/", {**NEW, "slug": "other"})
    letter.refresh_from_db()
    assert (letter.slug, letter.name) == ("letter", "Letter of May")


def test_one_that_is_closed_counts_no_more_and_none_is_deleted(staff: Client, letter: Campaign) -> None:
    save(staff, f"{LIST}{letter.pk}/change/", {"name": "Letter", "note": ""})
    assert record_visit("letter") is False
    assert staff.post(f"{LIST}{letter.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Campaign.objects.exists()


def test_the_list_says_what_each_brought(staff: Client, letter: Campaign) -> None:
    text = staff.get(LIST).text
    for column, value in {
        "visits": "3",
        "signups": "3 (100\xa0%)",
        "paid": "2 (67\xa0%)",
        "revenue": "€6.00, $4.99",
    }.items():
        assert f'class="field-{column}">{value}</td>' in text


def test_the_list_costs_the_same_for_many_campaigns_with_payments(staff: Client, letter: Campaign) -> None:
    staff.get(LIST)
    with recorded_queries() as few:
        staff.get(LIST)
    for number in range(9):
        make_campaign(f"more-{number}")
        record_visit(f"more-{number}")
        pays(brought(f"more-{number}", f"m{number}"))
    with recorded_queries() as many:
        staff.get(LIST)
    assert len(many) == len(few)


def test_the_page_has_its_figures_and_its_days(staff: Client, letter: Campaign) -> None:
    text = staff.get(f"{LIST}{letter.pk}/change/").text
    assert "First payments that went back" in text
    assert re.search(r"<td>First payments that stayed, of sign-ups</td>\s*<td>\d+ \(67\xa0%\)</td>", text)
    # Three columns would leave the last one no room on a phone.
    assert re.search(r"<h2>What it brought</h2>.*?<tr>(<th scope=\"col\">[^<]+</th>){2}</tr>", text, re.S)
    assert days_of(letter) in text


def test_the_days_are_a_file_with_a_column_for_each_currency(staff: Client, letter: Campaign) -> None:
    answer = staff.get(days_of(letter))
    heading, day = text_of(answer).splitlines()
    assert heading == "Day,Visits,Sign-ups,First payments,Of these gone back,Revenue EUR,Revenue USD"
    assert day.split(",")[1:] == ["3", "3", "2", "1", "6.00", "4.99"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="campaign-letter.csv"'


def test_the_file_is_for_staff_who_may_see_campaigns(
    letter: Campaign, helper: User, helper_browser: Client, alice: User
) -> None:
    assert helper_browser.get(days_of(letter)).status_code == 403
    helper.user_permissions.set(Permission.objects.filter(codename="view_campaign"))
    assert helper_browser.get(days_of(letter)).status_code == 200
    customer = Client()
    customer.force_login(alice)
    assert customer.get(days_of(letter), follow=True).status_code == 403
    assert helper_browser.get(f"{LIST}00000000-0000-4000-8000-000000000000/days.csv").status_code == 404
