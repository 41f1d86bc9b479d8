"""PostgreSQL holds no NUL in a text, so no address may bring one: not to pages, not to the admin, not to the API."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.api_client import ApiClient

pytestmark = pytest.mark.django_db
PAGES = [
    "/login?next=%00",
    "/support?page=1&x=a%00b",
    "/%00",
    "/r/%00",
    "/static/%00.css",
    "/admin/support/ticket/?status=%00",
    "/admin/support/ticket/?q=%00",
    "/admin/accounts/user/?%00=1",
    "/admin/accounts/user/%00/change/",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_asked_for_with_a_nul_is_400(sam: User, address: str) -> None:
    browser = Client()
    browser.force_login(sam)
    answer = browser.get(address)
    assert answer.status_code == 400
    assert "Content-Security-Policy" in answer.headers
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "named"), [("devices?page=%00", "page"), ("usage?%00=1", "\0"), ("no%00thing", "path")]
)
def test_the_api_names_what_held_the_nul(alice_api: ApiClient, path: str, named: str) -> None:
    answer = alice_api.get(path)
    assert (answer.status, answer.code) == (400, "invalid_input")
    assert list(answer.fields) == [named]


def test_a_percent_sign_before_two_noughts_is_no_nul(alice_api: ApiClient) -> None:
    assert alice_api.get("devices?x=%2500").status == 200
