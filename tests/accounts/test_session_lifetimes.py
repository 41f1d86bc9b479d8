"""Sign-ins end when nobody uses them, and at the latest at a set time; staff's are short."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import AuditEvent, Session, User
from accounts.services.sessions import authenticate_token, open_token
from tests.api_client import ApiClient
from tests.conftest import token_of

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def clock(db: None, alice: User) -> Iterator[Any]:
    """The time of Python, which decides for browsers; the database's own goes on."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/dashboard")
    return client


def signed_in(client: Client) -> bool:
    return client.get("/settings").status_code == 200


def test_a_browser_is_signed_out_when_it_has_been_idle(clock: Any, alice: User) -> None:
    idle, busy = browser_of(alice), browser_of(alice)
    clock.shift(10 * DAY)
    assert signed_in(busy)
    clock.shift(5 * DAY)
    assert signed_in(busy)
    assert not signed_in(idle)


def test_and_for_good_at_the_end_of_its_time(clock: Any, alice: User) -> None:
    client = browser_of(alice)
    for _ in range(59):
        clock.shift(DAY)
        assert signed_in(client)
    clock.shift(DAY + HOUR)
    assert not signed_in(client)


def test_staff_are_signed_out_after_two_idle_hours_and_twelve_in_all(clock: Any, sam: User) -> None:
    idle, busy = browser_of(sam), browser_of(sam)
    for _ in range(8):
        clock.shift(1.4 * HOUR)
        assert signed_in(busy)
    assert not signed_in(idle)
    clock.shift(HOUR)
    assert not signed_in(busy)


def test_a_token_in_use_moves_its_end_on_but_never_beyond_its_time(alice: User) -> None:
    token, row = open_token(user=alice, ip_address=None, user_agent="")
    long_ago = row.last_seen_at - 10 * DAY
    Session.objects.filter(pk=row.pk).update(last_seen_at=long_ago, expires_at=row.expires_at - 10 * DAY)
    assert authenticate_token(token) is not None
    assert abs(Session.objects.get().expires_at - row.expires_at) < HOUR
    Session.objects.filter(pk=row.pk).update(last_seen_at=long_ago, ends_at=row.created_at + HOUR)
    assert authenticate_token(token) is not None
    assert Session.objects.get().expires_at == row.created_at + HOUR


def test_a_browser_where_nobody_is_signed_in_is_forgotten_soon(client: Client, db: None) -> None:
    session = client.session
    session["wanted"] = "/devices"
    session.save()
    row = Session.objects.get()
    assert row.ends_at - row.created_at <= DAY + timedelta(minutes=1)


def test_all_others_end_at_once_and_the_one_that_asks_stays(alice: User, bob: User) -> None:
    here, elsewhere, token, bobs = browser_of(alice), browser_of(alice), token_of(alice), token_of(bob)
    answer = here.post("/settings/sessions/end-others", follow=True)
    assert "2 other sessions ended." in answer.text
    assert (signed_in(here), signed_in(elsewhere)) == (True, False)
    assert ApiClient(token).get("users/me").status == 401
    assert ApiClient(bobs).get("users/me").status == 200
    assert AuditEvent.objects.get().action == "other_sessions_ended"


def test_the_same_over_the_api(alice: User) -> None:
    mine, other = ApiClient(token_of(alice)), ApiClient(token_of(alice))
    assert mine.delete("auth/sessions").data == {"ended": 1}
    assert (mine.get("users/me").status, other.get("users/me").status) == (200, 401)
