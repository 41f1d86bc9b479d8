"""Repeats of one request at the same moment. It is first shown that looking before writing loses that race."""

from __future__ import annotations

from typing import Any
from unittest import mock
from uuid import UUID

import pytest

from accounts.models import AuditEvent, User
from support.models import IdempotencyKey, Ticket, TicketMessage
from support.services import tickets as services
from support.services.tickets import add_note, open_ticket, reply_to_ticket
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.support import make_helper, make_ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20
AT_ONCE = 8


def look_then_claim(*, user: User, key: str, asked: tuple[str, ...], message_id: UUID) -> TicketMessage | None:
    """What `claim_key` would be if it looked for the key and then wrote it."""
    known = IdempotencyKey.objects.select_related("message__ticket").filter(user=user, key=key).first()
    if known is not None:
        return known.message
    claim = IdempotencyKey(user=user, key=key, fingerprint="", message_id=message_id)
    IdempotencyKey.objects.bulk_create([claim], ignore_conflicts=True)
    return None


def open_many(user: User, key: str) -> list[Any]:
    made: list[Any] = []

    def act(number: int) -> None:
        ticket = open_ticket(user=user, subject="My tunnel stops", message="After a minute.", idempotency_key=key)
        made.append(ticket.pk)

    assert crowd(AT_ONCE, act) == {"ok": AT_ONCE}
    return made


def test_looking_before_writing_opens_several() -> None:
    alice = make_user("alice@example.com")
    with mock.patch.object(services, "claim_key", look_then_claim):
        for number in range(ROUNDS):
            if len(set(open_many(alice, f"key-{number}"))) > 1:
                return
    pytest.fail("the negative control never lost the race, so the tests below prove nothing")


def test_a_ticket_repeated_at_once_is_opened_once() -> None:
    alice = make_user("alice@example.com")
    for number in range(ROUNDS):
        assert len(set(open_many(alice, f"key-{number}"))) == 1
    assert (Ticket.objects.count(), TicketMessage.objects.count()) == (ROUNDS, ROUNDS)


def test_a_reply_repeated_at_once_is_written_once() -> None:
    alice = make_user("alice@example.com")
    ticket = make_ticket(alice)
    for number in range(ROUNDS):

        def act(_: int, key: str = f"key-{number}") -> None:
            reply_to_ticket(ticket_id=ticket.pk, author=alice, message="It stops again.", idempotency_key=key)

        assert crowd(AT_ONCE, act) == {"ok": AT_ONCE}
    assert ticket.messages.count() == 1 + ROUNDS


def test_a_note_repeated_at_once_is_written_once() -> None:
    helper, ticket = make_helper("helper@example.com"), make_ticket(make_user("alice@example.com"))
    for number in range(ROUNDS):

        def act(_: int, key: str = f"key-{number}") -> None:
            add_note(ticket_id=ticket.pk, author=helper, message="Not before Monday.", idempotency_key=key)

        assert crowd(AT_ONCE, act) == {"ok": AT_ONCE}
    assert ticket.messages.filter(is_note=True).count() == ROUNDS
    assert AuditEvent.objects.filter(action="ticket_noted").count() == ROUNDS


def test_of_several_texts_under_one_key_at_once_one_is_written() -> None:
    alice = make_user("alice@example.com")
    ticket = make_ticket(alice)
    for number in range(ROUNDS):

        def act(text: int, key: str = f"key-{number}") -> None:
            reply_to_ticket(ticket_id=ticket.pk, author=alice, message=f"It stops again {text}.", idempotency_key=key)

        assert crowd(AT_ONCE, act) == {"ok": 1, "idempotency_key_reused": AT_ONCE - 1}
    assert ticket.messages.count() == 1 + ROUNDS
