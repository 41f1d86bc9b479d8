"""A customer says what they think of our answer; nobody else does, and not before there is one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from accounts.models import User
from support.errors import NotAnsweredYet, RatingEnded
from support.models import Ticket
from support.services.tickets import add_note, close_ticket, rate_ticket, reply_to_ticket
from tests.api_client import ApiClient


@pytest.fixture
def answered(helper: User, ticket: Ticket) -> Ticket:
    reply_to_ticket(ticket_id=ticket.pk, author=helper, message="Use port 443, please.")
    return ticket


def test_an_answer_is_rated_with_a_comment(alice_api: ApiClient, answered: Ticket) -> None:
    rated = alice_api.post(f"tickets/{answered.pk}/rating", {"rating": 4, "comment": " Quick. "})
    assert (rated.status, rated.data["rating"], rated.data["rating_comment"]) == (200, 4, "Quick.")
    assert rated.data["status"] == "answered"
    answered.refresh_from_db()
    assert answered.rated_at is not None


def test_the_last_rating_counts_and_moves_nothing(alice: User, answered: Ticket) -> None:
    answered.refresh_from_db()
    moved = answered.updated_at
    rate_ticket(ticket_id=answered.pk, user=alice, rating=1, comment="Slow.")
    rated = rate_ticket(ticket_id=answered.pk, user=alice, rating=5)
    assert (rated.rating, rated.rating_comment, rated.updated_at) == (5, "", moved)


def test_what_was_not_answered_is_not_rated(alice: User, helper: User, ticket: Ticket) -> None:
    with pytest.raises(NotAnsweredYet):
        rate_ticket(ticket_id=ticket.pk, user=alice, rating=1)
    add_note(ticket_id=ticket.pk, author=helper, message="Is this the same as yesterday's?")
    with pytest.raises(NotAnsweredYet):
        rate_ticket(ticket_id=ticket.pk, user=alice, rating=1)


def test_it_may_be_changed_for_two_weeks_after_the_closing(alice: User, answered: Ticket) -> None:
    close_ticket(ticket_id=answered.pk, closer=alice)
    now = timezone.now()
    Ticket.objects.filter(pk=answered.pk).update(closed_at=now - timedelta(days=14) + timedelta(minutes=1))
    assert rate_ticket(ticket_id=answered.pk, user=alice, rating=3).rating == 3
    Ticket.objects.filter(pk=answered.pk).update(closed_at=now - timedelta(days=14, minutes=1))
    with pytest.raises(RatingEnded):
        rate_ticket(ticket_id=answered.pk, user=alice, rating=5)
    answered.refresh_from_db()
    assert answered.rating == 3


def test_for_staff_and_strangers_there_is_nothing_to_rate(
    helper_api: ApiClient, bob_api: ApiClient, answered: Ticket
) -> None:
    for client in (helper_api, bob_api):
        assert client.post(f"tickets/{answered.pk}/rating", {"rating": 5}).status == 404
    answered.refresh_from_db()
    assert answered.rating is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "rating"),
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": True}, "rating"),
        ({"rating": "5"}, "rating"),
        ({"rating": 4.5}, "rating"),
        ({"rating": None}, "rating"),
        ({"rating": 5, "comment": "c" * 1001}, "comment"),
        ({"rating": 5, "comment": "nul \x00"}, "comment"),
        ({"rating": 5, "rated_at": "2026-01-01T00:00:00Z"}, "rated_at"),
    ],
)
def test_the_bounds_of_a_rating(alice_api: ApiClient, answered: Ticket, body: dict[str, Any], field: str) -> None:
    answer = alice_api.post(f"tickets/{answered.pk}/rating", body)
    assert (answer.status, list(answer.fields)) == (400, [field])
    answered.refresh_from_db()
    assert answered.rating is None


@pytest.mark.parametrize("values", [{"rating": 6, "rated_at": "2026-01-01T00:00Z"}, {"rating": 5}])
def test_the_database_holds_the_bounds(answered: Ticket, values: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="ticket_rating_one_to_five"):
        Ticket.objects.filter(pk=answered.pk).update(**values)
