"""One mail in several processes at the same moment, and many mails about one ticket."""

from __future__ import annotations

from unittest import mock

import pytest
from pytest_django import Settings

from support.models import InboundMail, Ticket, TicketMessage
from support.services import inbound
from support.services.inbound import MAILS_AN_HOUR, Arrival, receive_mail
from support.tokens import reply_address
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.support import make_ticket
from tests.support.incoming import ADDRESS, plain_mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20
AT_ONCE = 8


@pytest.fixture(autouse=True)
def _taking_mail(settings: Settings) -> None:
    settings.SUPPORT_MAIL_ADDRESS = ADDRESS


@pytest.fixture
def alices_tickets() -> list[Ticket]:
    alice = make_user("alice@example.com")
    return [make_ticket(alice) for _ in range(ROUNDS)]


def mailed(ticket: Ticket) -> int:
    return TicketMessage.objects.filter(ticket=ticket, via="mail").count()


def hand_over(ticket: Ticket) -> None:
    raw = plain_mail(reply_address(ticket.pk))
    assert crowd(AT_ONCE, lambda _: receive_mail(raw)) == {"ok": AT_ONCE}


def test_looking_before_writing_writes_several(alices_tickets: list[Ticket]) -> None:
    def note_if_new(arrival: Arrival, state: str, reason: str, message: TicketMessage) -> InboundMail:
        row = InboundMail(fingerprint=arrival.fingerprint, state=state, reason=reason, message=message)
        InboundMail.objects.bulk_create([row], ignore_conflicts=True)
        return row

    with mock.patch.object(inbound, "_note", note_if_new):
        for ticket in alices_tickets:
            hand_over(ticket)
            if mailed(ticket) > 1:
                return
    pytest.fail("the negative control never lost the race, so the test below proves nothing")


def test_a_mail_handed_over_several_times_at_once_is_written_once(alices_tickets: list[Ticket]) -> None:
    for ticket in alices_tickets:
        hand_over(ticket)
        assert mailed(ticket) == 1
    assert InboundMail.objects.count() == ROUNDS


def test_of_many_mails_at_once_a_ticket_takes_ten_an_hour(alices_tickets: list[Ticket]) -> None:
    for ticket in alices_tickets[:5]:
        address = reply_address(ticket.pk)
        raws = [plain_mail(address, f"Mail {number}") for number in range(MAILS_AN_HOUR + 6)]
        assert crowd(len(raws), lambda number: receive_mail(raws[number])) == {"ok": len(raws)}  # noqa: B023
        assert mailed(ticket) == MAILS_AN_HOUR
