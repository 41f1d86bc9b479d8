"""`?cursor=`: every list that can grow without end is read to its end, each row once, at any depth at the same cost."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import LoginHistory, Session, User
from nexusvpn.api.cursors import Position, rows_after
from referrals.models import Referral
from tests.api_client import ApiClient
from tests.factories.accounts import make_user
from tests.factories.support import make_message, make_ticket, make_tickets
from tests.queries import recorded_queries

pytestmark = pytest.mark.django_db
ROWS = 7


def history(alice: User) -> str:
    # Two by two at the same moment: the key decides between them.
    now = timezone.now()
    for number in range(ROWS):
        moment = now - timedelta(minutes=number // 2)
        LoginHistory.objects.create(user=alice, outcome="success", kind=Session.Kind.TOKEN, timestamp=moment)
    return "auth/history"


def tickets(alice: User) -> str:
    now = timezone.now()
    for number in range(ROWS):
        make_ticket(alice, updated_at=now - timedelta(minutes=number // 2))
    return "tickets"


def thread(alice: User) -> str:
    ticket = make_ticket(alice)
    for number in range(ROWS - 1):
        make_message(ticket, created_at=ticket.created_at + timedelta(minutes=number // 2))
    return f"tickets/{ticket.pk}/messages"


def referrals(alice: User) -> str:
    now = timezone.now()
    for number in range(ROWS):
        joined = make_user(f"p{number}@example.com", referred_by=alice)
        Referral.objects.create(referrer=alice, referred=joined, created_at=now - timedelta(minutes=number // 2))
    return "referrals"


@pytest.fixture(params=[history, tickets, thread, referrals], ids=lambda fill: fill.__name__)
def path(request: pytest.FixtureRequest, alice: User) -> str:
    """The path of a list of alice's with ROWS rows."""
    fill: Callable[[User], str] = request.param
    return fill(alice)


def test_slices_follow_each_other_to_the_end_in_the_order_of_the_pages(alice_api: ApiClient, path: str) -> None:
    whole = alice_api.get(f"{path}?limit=100").data["items"]
    assert len(whole) == ROWS
    for limit in (1, 2, 3, ROWS, 100):
        read: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = alice_api.get(f"{path}?cursor={cursor}&limit={limit}").data
            assert set(answer) == {"items", "limit", "next_cursor"}
            assert answer["limit"] == limit
            assert len(answer["items"]) == limit or answer["next_cursor"] is None
            read += answer["items"]
            cursor = answer["next_cursor"]
        assert read == whole


def test_a_slice_costs_two_queries_wherever_it_is(alice_api: ApiClient, path: str) -> None:
    alice_api.get(f"{path}?cursor=")
    counts = []
    cursor = ""
    for _ in range(3):
        with recorded_queries() as statements:
            answer = alice_api.get(f"{path}?cursor={cursor}&limit=2")
        counts.append(len(statements))
        cursor = answer.data["next_cursor"]
    assert counts == [2, 2, 2]


def test_somebody_elses_cursor_shows_nothing_of_theirs(alice_api: ApiClient, bob_api: ApiClient, path: str) -> None:
    cursor = alice_api.get(f"{path}?cursor=&limit=1").data["next_cursor"]
    answer = bob_api.get(f"{path}?cursor={cursor}")
    assert (answer.status == 404) if "messages" in path else (answer.data["items"] == [])


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "====",
        "%C3%A9",
        encoded("nonsense"),
        encoded("1 2 3"),
        encoded("-1 1"),
        encoded("999999999999999999 1"),
        encoded("1700000000000000 99999999999999999999"),
        encoded("1700000000000000 not-an-id"),
        encoded("٣ 1"),
    ],
)
def test_what_no_list_gave_is_400_and_named(alice_api: ApiClient, path: str, cursor: str) -> None:
    answer = alice_api.get(f"{path}?cursor={cursor}")
    assert (answer.status, answer.code, list(answer.fields)) == (400, "invalid_input", ["cursor"])


def test_a_page_and_a_cursor_at_once_are_400(alice_api: ApiClient, path: str) -> None:
    assert list(alice_api.get(f"{path}?cursor=&page=1").fields) == ["cursor"]
    assert list(alice_api.get(f"{path}?cursor=&limit=101").fields) == ["limit"]


def test_a_row_written_meanwhile_is_neither_doubled_nor_moves_another(alice: User, alice_api: ApiClient) -> None:
    make_tickets(alice, 4)
    first = alice_api.get("tickets?cursor=&limit=2").data
    make_ticket(alice, subject="Newer than all")
    second = alice_api.get(f"tickets?cursor={first['next_cursor']}&limit=2").data
    assert [item["subject"] for item in first["items"] + second["items"]] == [f"Ticket {n}" for n in range(4)]


def fill_history(user: User, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_loginhistory (user_id, timestamp, outcome, kind, user_agent)"
            " SELECT %s, now() - n * interval '1 second', 'success', 'token', '' FROM generate_series(1, %s) n",
            [user.pk, count],
        )
        cursor.execute("ANALYZE accounts_loginhistory")


def pages_read(queryset: QuerySet[Any]) -> int:
    """How many pages of the database the first 20 rows of `queryset` cost."""
    (plan,) = json.loads(queryset[:20].explain(format="json", analyze=True, buffers=True))
    return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])


def test_depth_costs_nothing(alice: User) -> None:
    fill_history(alice, 20_000)
    mine = LoginHistory.objects.filter(user=alice)
    last = mine.reverse()[30]
    deep = rows_after(mine, Position(last.timestamp, last.pk))
    assert len(deep[:40]) == 30
    assert pages_read(deep) <= 2 * pages_read(mine)


class TestTotals:
    def test_up_to_ten_thousand_they_are_exact(self, alice: User, alice_api: ApiClient) -> None:
        fill_history(alice, 10_000)
        answer = alice_api.get("auth/history?limit=100&page=100").data
        assert (len(answer["items"]), answer["total"], answer["total_pages"]) == (100, 10_000, 100)
        assert "total_capped" not in answer
        assert alice_api.get("auth/history?limit=100&page=101").data["items"] == []

    def test_beyond_they_say_so_and_pages_end(self, alice: User, alice_api: ApiClient) -> None:
        fill_history(alice, 10_001)
        answer = alice_api.get("auth/history?limit=100&page=100").data
        assert (len(answer["items"]), answer["total"], answer["total_pages"]) == (100, 10_000, 100)
        assert answer["total_capped"] is True
        beyond = alice_api.get("auth/history?limit=100&page=101")
        assert (beyond.status, list(beyond.fields)) == (400, ["page"])
        with recorded_queries() as statements:
            alice_api.get("auth/history")
        assert len(statements) == 2
