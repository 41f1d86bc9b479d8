"""A closed ticket is opened again by its customer's answer, for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from support.errors import TicketClosed
from support.models import Ticket
from support.services.tickets import reply_to_ticket
from tests.api_client import ApiClient
from tests.factories.support import make_ticket

TEXT = "It has stopped again."


def closed(alice: User, ago: timedelta) -> Ticket:
    return make_ticket(alice, status="closed", closed_at=timezone.now() - ago)


def test_the_customers_answer_opens_it_again(alice_api: ApiClient, alice: User) -> None:
    ticket = closed(alice, timedelta(days=13, hours=23))
    assert alice_api.post(f"tickets/{ticket.pk}/reply", {"message": TEXT}).status == 201
    shown = alice_api.get(f"tickets/{ticket.pk}").data
    assert (shown["status"], shown["closed_at"], shown["reopens_until"]) == ("open", None, None)


def test_later_they_are_told_to_write_a_new_one(alice_api: ApiClient, alice: User) -> None:
    ticket = closed(alice, timedelta(days=14, seconds=1))
    answer = alice_api.post(f"tickets/{ticket.pk}/reply", {"message": TEXT})
    assert (answer.status, answer.code) == (409, "ticket_closed")
    assert "Write a new one" in answer.body["message"]
    assert ticket.messages.count() == 1


def test_until_when_is_said(alice_api: ApiClient, alice: User, settings: Any) -> None:
    settings.TICKET_REOPEN_DAYS = 3
    ticket = make_ticket(alice, status="closed", closed_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
    assert alice_api.get(f"tickets/{ticket.pk}").data["reopens_until"].startswith("2026-03-07T05:06:07")


def test_our_answer_does_not_open_it(helper: User, alice: User) -> None:
    ticket = closed(alice, timedelta(hours=1))
    with pytest.raises(TicketClosed):
        reply_to_ticket(ticket_id=ticket.pk, author=helper, message=TEXT)
    ticket.refresh_from_db()
    assert ticket.status == "closed"


def test_it_comes_back_to_who_had_it(helper: User, alice: User) -> None:
    ticket = make_ticket(alice, status="closed", assignee=helper)
    reply_to_ticket(ticket_id=ticket.pk, author=alice, message=TEXT)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee) == ("open", helper)
