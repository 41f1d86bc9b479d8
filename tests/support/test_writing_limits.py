"""How much one person writes to support in an hour: one count for pages and API."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from nexusvpn import ratelimit
from nexusvpn.ratelimit import Limit
from support.models import Ticket
from tests.api_client import ApiClient

NEW = {"subject": "My tunnel stops", "message": "It stops after a minute.", "category": "devices", "priority": "low"}
REPLY = {"message": "It has stopped again."}


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def spend(monkeypatch: pytest.MonkeyPatch) -> None:
    """One new ticket and one answer an hour are enough to see that both are counted."""
    for module in ("support.views.tickets", "support.api.tickets"):
        monkeypatch.setattr(f"{module}.NEW_TICKETS", Limit("new-tickets", "1/h"))
    for module in ("support.views.threads", "support.api.tickets"):
        monkeypatch.setattr(f"{module}.TICKET_ANSWERS", Limit("ticket-answers", "1/h"))


def test_there_are_twenty_new_tickets_and_sixty_answers_an_hour() -> None:
    assert (ratelimit.NEW_TICKETS.rate, ratelimit.TICKET_ANSWERS.rate) == ("20/h", "60/h")


def test_new_tickets_of_pages_and_api_are_counted_together(
    monkeypatch: pytest.MonkeyPatch, browser: Client, alice_api: ApiClient, bob_api: ApiClient
) -> None:
    spend(monkeypatch)
    assert alice_api.post("tickets", {**NEW, "subject": ""}).status == 400
    assert alice_api.post("tickets", NEW).status == 201
    page, answer = browser.post("/support", NEW), alice_api.post("tickets", NEW)
    assert (page.status_code, answer.status, answer.code) == (429, 429, "rate_limited")
    assert int(page.headers["Retry-After"]) > 0
    assert int(answer.headers["Retry-After"]) > 0
    assert NEW["message"] in page.text
    assert bob_api.post("tickets", NEW).status == 201
    assert Ticket.objects.count() == 2


def test_answers_of_pages_and_api_are_counted_together(
    monkeypatch: pytest.MonkeyPatch, browser: Client, alice_api: ApiClient, ticket: Ticket
) -> None:
    spend(monkeypatch)
    assert browser.post(f"/support/{ticket.pk}/reply", REPLY).status_code == 302
    page, answer = (
        browser.post(f"/support/{ticket.pk}/reply", REPLY),
        alice_api.post(f"tickets/{ticket.pk}/reply", REPLY),
    )
    assert (page.status_code, answer.status) == (429, 429)
    assert int(page.headers["Retry-After"]) > 0
    assert int(answer.headers["Retry-After"]) > 0
    assert ticket.messages.count() == 2
