"""A person's own account: profile, sessions, sign-ins."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import LoginHistory, Session, User
from tests.api_client import ApiClient
from tests.conftest import token_of


@pytest.fixture
def page(alice: User) -> Client:
    client = Client(headers={"user-agent": "Browser 1"})
    client.force_login(alice)
    return client


def current(page: Client) -> Session:
    """The row of the browser's own session."""
    return Session.objects.exclude(kind="token").latest("created_at")


def test_the_name_is_saved(page: Client, alice: User) -> None:
    answer = page.post("/settings", {"full_name": "Alice Liddell", "language": "en"}, follow=True)
    assert "Your profile is saved." in answer.text
    alice.refresh_from_db()
    assert alice.full_name == "Alice Liddell"


def test_a_name_that_is_too_long_is_kept_for_correction_and_not_saved(page: Client, alice: User) -> None:
    answer = page.post("/settings", {"full_name": "x" * 151, "language": "en"})
    assert answer.status_code == 400
    assert "x" * 151 in answer.text
    alice.refresh_from_db()
    assert alice.full_name == "Alice"


@pytest.mark.parametrize("field", ["email", "is_staff", "is_superuser", "referral_code", "referred_by"])
def test_only_name_and_language_can_be_changed_here(page: Client, alice: User, field: str) -> None:
    User.objects.filter(pk=alice.pk).update(language="en")
    before = User.objects.filter(pk=alice.pk).values().get()
    page.post("/settings", {"full_name": "Alice", "language": "en", field: "1"})
    assert User.objects.filter(pk=alice.pk).values().get() == before


def test_every_session_is_listed_and_the_current_one_marked(page: Client, alice: User, bob: User) -> None:
    token_of(alice)
    token_of(bob)
    page.get("/settings/sessions")
    answer = page.get("/settings/sessions")
    assert answer.text.count("End session</button>") == 2
    assert answer.text.count("This one") == 1
    assert "API token" in answer.text
    assert "<script" not in answer.text.split("<main")[1]


def test_a_token_ends_at_once(page: Client, alice: User) -> None:
    token = token_of(alice)
    row = Session.objects.get(kind="token")
    answer = page.post(f"/settings/sessions/{row.pk}/end")
    assert answer.headers["Location"] == "/settings/sessions"
    assert ApiClient(token).get("users/me").status == 401


def test_another_browser_is_signed_out_at_once(page: Client, alice: User) -> None:
    row = current(page)
    other = Client()
    other.force_login(alice)
    assert page.get("/dashboard").status_code == 200
    other.post(f"/settings/sessions/{row.pk}/end")
    assert page.get("/dashboard").headers["Location"] == "/login?next=/dashboard"
    assert other.get("/dashboard").status_code == 200


def test_ending_the_current_session_signs_out(page: Client) -> None:
    answer = page.post(f"/settings/sessions/{current(page).pk}/end")
    assert answer.headers["Location"] == "/login"
    assert page.cookies[settings.SESSION_COOKIE_NAME].value == ""
    assert not Session.objects.exists()


def test_anothers_session_does_not_exist(page: Client, bob: User) -> None:
    token = token_of(bob)
    row = Session.objects.get(kind="token")
    for unknown in (row.pk, uuid4()):
        answer = page.post(f"/settings/sessions/{unknown}/end", follow=True)
        assert answer.redirect_chain == [("/settings/sessions", 302)]
        assert "is ended" not in answer.text
    assert ApiClient(token).get("users/me").status == 200


def test_a_session_is_ended_by_a_form_only(page: Client) -> None:
    assert page.get(f"/settings/sessions/{current(page).pk}/end").status_code == 405


def test_the_history_shows_the_persons_own_tries(page: Client, alice: User, bob: User) -> None:
    for outcome, address in (("success", "192.0.2.51"), ("failed", "192.0.2.52")):
        LoginHistory.objects.create(user=alice, outcome=outcome, kind="browser", ip_address=address)
    LoginHistory.objects.create(user=bob, outcome="failed", kind="browser", ip_address="192.0.2.53")
    text = page.get("/settings/sessions").text
    assert "192.0.2.51" in text
    assert "192.0.2.52" in text
    assert "192.0.2.53" not in text


def test_a_hostile_user_agent_is_text(page: Client, alice: User) -> None:
    Session.objects.update(user_agent="<img src=x onerror=alert(1)>")
    text = page.get("/settings/sessions").text
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


def test_the_page_costs_the_same_with_many_sessions_and_is_kept_by_no_cache(
    page: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(10):
        token_of(alice)
        LoginHistory.objects.create(user=alice, outcome="failed", kind="browser")
    with django_assert_max_num_queries(6):
        answer = page.get("/settings/sessions")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/settings", "/settings/sessions"])
def test_a_stranger_is_asked_to_sign_in(db: None, path: str) -> None:
    assert Client().get(path).headers["Location"] == f"/login?next={path}"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/settings/email", "/settings"),
        ("/settings/password", "/settings"),
        ("/welcome/device", "/devices"),
        ("/welcome/configuration?system=ios&name=Phone", "/devices"),
    ],
)
def test_a_page_below_a_place_of_the_navigation_is_marked_there(page: Client, path: str, place: str) -> None:
    navigation = page.get(path).text.split('<nav aria-label="Main">')[1].split("</nav>")[0]
    marked = [line for line in navigation.splitlines() if 'aria-current="page"' in line]
    assert [f'href="{place}" aria-current' in line for line in marked] == [True]
