"""A visit by a campaign's link is counted once a browser, of people alone, and no page is lost or slower for it."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

import pytest
import time_machine
from django.db import DatabaseError
from pytest_django import Settings

from accounts.arrivals import CAMPAIGN_COOKIE
from accounts.models import User
from referrals import middleware
from referrals.models import Campaign, CampaignDay
from tests.queries import recorded_queries
from tests.referrals.campaigns import FIREFOX, browser, make_campaign, visits

BROWSERS = [
    FIREFOX,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 CriOS/138.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) AppleWebKit/537.36 SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; arm_64; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0 YaBrowser/25.4 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; Cubot P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/125.0",
]
PROGRAMS = [
    "",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0 Mobile Safari/537.36 Chrome-Lighthouse",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "curl/8.14.1",
    "Wget/1.25.0",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
    "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
]
NEXT_DAY = datetime(2026, 3, 2, 0, 0, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter(db: None) -> Campaign:
    return make_campaign()


@pytest.mark.parametrize("path", ["/", "/signup", "/login", "/status", "/privacy/what-we-store", "/r/NOBODYSCODE"])
def test_a_visit_to_any_public_page_is_counted(letter: Campaign, path: str) -> None:
    page = browser().get(f"{path}?c=letter")
    assert page.status_code in {200, 302}
    assert visits() == 1


def test_a_browser_is_counted_once_however_often_it_comes_back(letter: Campaign) -> None:
    client = browser()
    for address in ("/?c=letter", "/?c=letter", "/signup?c=letter", "/", "/?c=LETTER"):
        client.get(address)
    assert visits() == 1


def test_each_browser_is_counted_and_each_day_stands_for_itself(letter: Campaign) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), tick=False):
        browser().get("/?c=letter")
        browser().get("/?c=letter")
    with time_machine.travel(NEXT_DAY, tick=False):
        browser().get("/?c=letter")
    days = CampaignDay.objects.order_by("day").values_list("day__day", "visits")
    assert list(days) == [(1, 2), (2, 1)]


def test_a_browser_that_comes_by_two_campaigns_is_counted_once_by_each(letter: Campaign) -> None:
    make_campaign("fair")
    client = browser()
    for slug in ("letter", "fair", "letter", "fair"):
        client.get(f"/?c={slug}")
    assert (visits("letter"), visits("fair")) == (1, 1)


@pytest.mark.parametrize("agent", BROWSERS)
def test_browsers_are_people(letter: Campaign, agent: str) -> None:
    browser(agent).get("/?c=letter")
    assert visits() == 1


@pytest.mark.parametrize("agent", PROGRAMS)
def test_programs_are_not(letter: Campaign, agent: str) -> None:
    client = browser(agent)
    assert client.get("/?c=letter").status_code == 200
    assert (visits(), CAMPAIGN_COOKIE in client.cookies) == (0, False)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Dest": "empty"},
    ],
)
def test_what_nobody_looks_at_is_not_counted_and_the_visit_that_follows_is(
    letter: Campaign, headers: dict[str, str]
) -> None:
    client = browser()
    answer = client.get("/?c=letter", headers=headers)
    assert (answer.status_code, visits()) == (200, 0)
    # A copy that were kept would be shown instead of asked for.
    assert answer.headers["Cache-Control"] == "private, no-store"
    client.get("/?c=letter", headers={"Sec-Fetch-Dest": "document"})
    assert visits() == 1


def test_head_is_not_counted_and_neither_is_a_form(letter: Campaign) -> None:
    client = browser()
    client.head("/?c=letter")
    client.post("/login?c=letter", {})
    assert (visits(), CAMPAIGN_COOKIE in client.cookies) == (0, False)


@pytest.mark.parametrize(
    "query", ["c=nobodys", "c=closed", "c=", "c=a", "c=../x", "c=" + "a" * 41, "c=%00", "abc=letter"]
)
def test_what_is_no_campaign_that_counts_leaves_nothing(letter: Campaign, query: str) -> None:
    make_campaign("closed", is_open=False)
    client = browser()
    client.get(f"/?{query}")
    assert not CampaignDay.objects.exists()
    assert CAMPAIGN_COOKIE not in client.cookies


@pytest.mark.parametrize("path", ["/api/v1/locations", "/api/health/liveness", "/admin/", "/nowhere"])
def test_what_is_no_public_page_is_not_counted(letter: Campaign, path: str) -> None:
    browser().get(f"{path}?c=letter")
    assert visits() == 0


def test_the_cookie_holds_the_slugs_alone_signed_and_out_of_reach_of_scripts(
    letter: Campaign, settings: Settings
) -> None:
    settings.CAMPAIGN_COOKIE_DAYS = 12
    client = browser()
    client.get("/?c=letter")
    cookie = client.cookies[CAMPAIGN_COOKIE]
    assert cookie.value.split(":")[0] == "letter"
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (12 * 24 * 3600, True, "Lax")


def test_a_made_up_cookie_is_none(letter: Campaign) -> None:
    client = browser()
    client.cookies[CAMPAIGN_COOKIE] = "letter"
    client.get("/?c=letter")
    assert visits() == 1


def test_a_browser_that_keeps_its_cookie_longer_than_it_lives_is_a_new_one(letter: Campaign) -> None:
    client = browser()
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False):
        client.get("/?c=letter")
    with time_machine.travel(datetime(2026, 4, 2, tzinfo=UTC), tick=False):
        client.get("/?c=letter")
    assert visits() == 2


def test_pages_without_a_campaign_cost_nothing_and_those_with_one_a_single_statement(letter: Campaign) -> None:
    client = browser()
    client.get("/login")
    with recorded_queries() as without:
        client.get("/login?next=/devices&abc=1")
    with recorded_queries() as first:
        client.get("/login?c=letter")
    with recorded_queries() as again:
        client.get("/login?c=letter")
    assert (len(first) - len(without), len(again) - len(without)) == (1, 0)


@pytest.mark.parametrize("path", ["/", "/status", "/privacy/what-we-store", "/signup"])
def test_no_cache_keeps_a_page_with_a_campaign_and_the_others_stay_as_they_were(letter: Campaign, path: str) -> None:
    client = browser()
    for query in ("?c=letter", "?c=letter", "?c=not-yet"):
        answer = client.get(path + query)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers
    assert client.get(path).headers.get("Cache-Control") != "private, no-store"


def test_a_page_is_served_though_the_visit_cannot_be_written_and_the_next_one_counts(letter: Campaign) -> None:
    client = browser()
    with mock.patch.object(middleware, "record_visit", side_effect=DatabaseError):
        assert client.get("/?c=letter").status_code == 200
    assert CAMPAIGN_COOKIE not in client.cookies
    client.get("/?c=letter")
    assert visits() == 1


def test_who_is_signed_in_is_a_browser_like_any_other(letter: Campaign, alice: User) -> None:
    client = browser()
    client.force_login(alice)
    client.get("/?c=letter")
    assert visits() == 1
