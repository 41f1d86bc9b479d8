"""The page "What we store" names every cookie that a browser gets."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.accounts.test_pages_sign_up import FORM
from tests.factories.accounts import PASSWORD
from tests.referrals.campaigns import FIREFOX, make_campaign

pytestmark = pytest.mark.django_db


def named() -> set[str]:
    return set(re.findall(r'<code class="small">([^<]+)</code>', Client().get("/privacy/what-we-store").text))


def test_whatever_a_browser_does_it_gets_no_other_cookie(alice: User) -> None:
    make_campaign()
    client = Client(headers={"user-agent": FIREFOX})
    for address in ("/?c=letter", f"/r/{alice.referral_code}", "/signup?next=/devices"):
        client.get(address)
    client.post("/signup", {**FORM, "next": "/devices"})
    client.post("/login", {"email": alice.email, "password": PASSWORD})
    client.post("/settings/privacy/export")
    client.post("/appearance", {"language": "de", "theme": "dark"})
    assert set(client.cookies) == named()


def test_the_campaigns_cookie_lasts_as_long_as_is_said(settings: Settings) -> None:
    settings.CAMPAIGN_COOKIE_DAYS = 12
    page = Client().get("/privacy/what-we-store").text
    assert "which link brought you if you sign up" in page
    assert "12 days after you last came by another one." in page
