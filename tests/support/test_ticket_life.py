"""open → answered → open → … → closed, over the API, with the mail that belongs to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, connections

from accounts.models import User
from nexusvpn.errors import DomainError
from support.emails import queue_ticket_answered
from support.errors import TicketClosed
from support.models import Ticket
from support.services import tickets as services
from support.services.tickets import close_ticket, open_ticket, reply_to_ticket
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.support import make_ticket
from tests.mails import Waiting, waiting_mails

TEXT = {"message": "One more sentence."}


def mails() -> list[Waiting]:
    return waiting_mails()


@pytest.mark.parametrize(
    ("before", "who", "verb", "status", "after"),
    [
        ("open", "customer", "reply", 201, "open"),
        ("open", "staff", "reply", 201, "answered"),
        ("open", "customer", "close", 200, "closed"),
        ("open", "staff", "close", 200, "closed"),
        ("answered", "customer", "reply", 201, "open"),
        ("answered", "staff", "reply", 201, "answered"),
        ("answered", "customer", "close", 200, "closed"),
        ("answered", "staff", "close", 200, "closed"),
        ("closed", "customer", "reply", 201, "open"),
        ("closed", "staff", "reply", 409, "closed"),
        ("closed", "customer", "close", 409, "closed"),
        ("closed", "staff", "close", 409, "closed"),
    ],
)
def test_the_life_of_a_ticket(
    alice: User, helper_api: ApiClient, alice_api: ApiClient, before: str, who: str, verb: str, status: int, after: str
) -> None:
    ticket = make_ticket(alice, status=before)
    moved = ticket.updated_at
    client = helper_api if who == "staff" else alice_api
    answer = client.post(f"tickets/{ticket.pk}/{verb}", TEXT if verb == "reply" else {})
    assert answer.status == status, answer.body
    ticket.refresh_from_db()
    assert ticket.status == after
    assert (ticket.closed_at is None) == (after != "closed")
    if status == 409:
        assert answer.code == "ticket_closed"
        assert (ticket.updated_at, ticket.messages.count()) == (moved, 1)
    else:
        assert ticket.updated_at > moved
    assert len(mails()) == (1 if (who, verb, status) == ("staff", "reply", 201) else 0)


def test_the_customer_is_mailed_the_answer_but_not_who_gave_it(helper: User, ticket: Ticket, alice: User) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(subject="Fish & <b>chips</b>")
    reply_to_ticket(ticket_id=ticket.pk, author=helper, message="Use <port> 443 & restart.")
    (mail,) = mails()
    assert mail.to == alice.email
    assert mail.subject == "Support answered: Fish & <b>chips</b>"
    assert "Use <port> 443 & restart." in mail.text
    assert f"/support/{ticket.pk}" in mail.text
    assert "Use &lt;port&gt; 443 &amp; restart." in mail.html
    assert "<b>" not in mail.html
    assert helper.email not in str(mail)
    assert helper.full_name not in str(mail)


def test_a_subject_is_one_line(alice_api: ApiClient) -> None:
    answer = alice_api.post("tickets", {"subject": "Hello\r\nBcc: everybody", "message": "Restart does not help."})
    assert (answer.status, list(answer.fields)) == (400, ["subject"])


def test_a_subject_that_could_be_a_link_stays_out_of_the_mail(helper: User, alice: User) -> None:
    ticket = make_ticket(alice, subject="Win at evil.example")
    User.objects.filter(pk=alice.pk).update(full_name="evil.example")
    reply_to_ticket(ticket_id=ticket.pk, author=helper, message="This is no question.")
    (mail,) = mails()
    assert mail.subject == "Support answered your ticket"
    assert "evil" not in str(mail)
    assert mail.text.startswith("Hello,\n\nsupport answered your ticket:")


def test_an_answer_that_fails_is_neither_stored_nor_mailed(
    helper: User, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def queue_then_fail(*args: Any) -> None:
        queue_ticket_answered(*args)
        assert mails()
        raise DatabaseError

    monkeypatch.setattr(services, "queue_ticket_answered", queue_then_fail)
    with pytest.raises(DatabaseError):
        reply_to_ticket(ticket_id=ticket.pk, author=helper, message="We look into it.")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.messages.count(), mails()) == ("open", 1, [])


def test_a_ticket_whose_message_fails_is_not_there_either(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE support_ticketmessage ADD CONSTRAINT test_fails CHECK (body <> 'It fails just here.')"
        )
    with pytest.raises(DatabaseError):
        open_ticket(user=alice, subject="Failing", message="It fails just here.")
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("values", [{"subject": "ab"}, {"message": "short"}, {"priority": "urgent"}])
def test_the_services_hold_the_bounds_without_any_form(alice: User, values: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as refusal:
        open_ticket(**{"user": alice, "subject": "Subject", "message": "Long enough for that.", **values})
    assert list(refusal.value.fields) == list(values)


def test_no_closed_ticket_is_without_its_time(ticket: Ticket) -> None:
    close_ticket(ticket_id=ticket.pk, closer=ticket.user)
    with pytest.raises(TicketClosed):
        close_ticket(ticket_id=ticket.pk, closer=ticket.user)
    with pytest.raises(DatabaseError, match="ticket_closed_has_time"):
        Ticket.objects.filter(pk=ticket.pk).update(closed_at=None)


def at_once(*calls: Any) -> list[Any]:
    """The results of calls that start together, each on a connection of its own."""
    start = Barrier(len(calls))

    def run(call: Any) -> Any:
        start.wait(timeout=10)
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_closings_one_succeeds(alice: User, sam: User) -> None:
    clients = [ApiClient(token_of(alice)), ApiClient(token_of(sam))]
    for _ in range(20):
        ticket = make_ticket(alice)
        answers = at_once(*(partial(client.post, f"tickets/{ticket.pk}/close") for client in clients))
        assert sorted(answer.status for answer in answers) == [200, 409]
        assert {answer.code for answer in answers if answer.status == 409} == {"ticket_closed"}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_closings_would_succeed(alice: User, sam: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: what the lock is for does happen without it."""
    ticket = make_ticket(alice)
    both_have_read = Barrier(2)

    def read_without_lock(user: User, ticket_id: UUID) -> Ticket:
        found = Ticket.objects.get(pk=ticket_id)
        both_have_read.wait(timeout=10)
        return found

    monkeypatch.setattr(services, "lock_ticket", read_without_lock)
    clients = [ApiClient(token_of(alice)), ApiClient(token_of(sam))]
    answers = at_once(*(partial(client.post, f"tickets/{ticket.pk}/close") for client in clients))
    assert [answer.status for answer in answers] == [200, 200]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_closed_ticket_gets_no_message_that_came_with_the_closing(alice: User, sam: User) -> None:
    clients = [ApiClient(token_of(alice)), ApiClient(token_of(sam))]
    for _ in range(20):
        ticket = make_ticket(alice)
        closing, reply = at_once(
            partial(clients[0].post, f"tickets/{ticket.pk}/close"),
            partial(clients[1].post, f"tickets/{ticket.pk}/reply", TEXT),
        )
        ticket.refresh_from_db()
        assert (closing.status, ticket.status) == (200, "closed")
        assert ticket.messages.count() == (2 if reply.status == 201 else 1)
        assert not ticket.messages.filter(created_at__gt=ticket.closed_at).exists()
