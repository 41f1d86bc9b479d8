"""The mails about tickets: one conversation to mail programs, and answered by mail where mail is taken."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.services.notifications import Kind, choose_mail
from support.emails import queue_mail_refused, queue_ticket_closing, queue_ticket_opened
from support.services.tickets import open_ticket, reply_to_ticket
from support.tokens import Purpose, id_in, reply_address, tokens_in
from tests.factories.support import make_ticket
from tests.mails import waiting_mails
from tests.support.incoming import ADDRESS

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_can_be_answered_by_mail(alice: User, sam: User, settings: Settings) -> None:
    settings.SUPPORT_MAIL_ADDRESS = ADDRESS
    ticket = make_ticket(alice)
    reply_to_ticket(ticket_id=ticket.pk, author=sam, message="Restart it, please.")
    (mail,) = waiting_mails("ticket_answered")
    (token,) = tokens_in([mail.headers["Reply-To"]])
    assert id_in(Purpose.ANSWER, token) == ticket.pk
    assert mail.text.startswith("--- Answer above this line ---\n\nHello Alice,")
    assert "--- Answer above this line ---" in mail.html
    assert "Answer this mail" in mail.text
    assert "Sam" not in mail.text + mail.html + str(mail.headers)


def test_where_no_mail_is_taken_none_says_that_it_can_be_answered(alice: User, sam: User) -> None:
    ticket = make_ticket(alice)
    reply_to_ticket(ticket_id=ticket.pk, author=sam, message="Restart it, please.")
    queue_ticket_opened(ticket)
    for mail in waiting_mails():
        assert "Reply-To" not in mail.headers
        assert "above this line" not in mail.text + mail.html
        assert "this address does not take mail" in mail.text
        assert "this address does not take mail" in mail.html


def test_all_mails_of_a_ticket_are_one_conversation(alice: User, sam: User) -> None:
    ticket, other = make_ticket(alice), make_ticket(alice)
    for answered in (ticket, ticket, other):
        reply_to_ticket(ticket_id=answered.pk, author=sam, message="Restart it, please.")
    first, second, third = waiting_mails("ticket_answered")
    assert first.headers["References"] == first.headers["In-Reply-To"] == second.headers["References"]
    assert first.headers["References"].startswith(f"<ticket-{ticket.pk}@")
    assert first.headers["References"] != third.headers["References"]
    assert first.subject == second.subject


def test_opening_a_ticket_is_acknowledged_once_and_asks_programs_to_be_silent(alice: User) -> None:
    for _ in range(2):
        ticket = open_ticket(user=alice, subject="It stops", message="After a minute.", idempotency_key="one")
    (mail,) = waiting_mails("ticket_opened")
    assert (mail.to, mail.subject) == (alice.email, "We have your question: It stops")
    assert f"/support/{ticket.pk}" in mail.text
    assert mail.headers["Auto-Submitted"] == "auto-generated"


def test_who_wants_no_mails_about_tickets_or_has_not_verified_gets_no_acknowledgement(alice: User, bob: User) -> None:
    choose_mail(user=alice, kind=Kind.SUPPORT, wanted=False)
    bob.email_verified_at = None
    bob.save()
    for user in (alice, bob):
        open_ticket(user=user, subject="It stops", message="After a minute.")
    assert waiting_mails("ticket_opened") == []


def test_staffs_words_go_to_no_address_that_nobody_confirmed(bob: User, sam: User, settings: Settings) -> None:
    settings.SUPPORT_MAIL_ADDRESS = ADDRESS
    bob.email_verified_at = None
    bob.save()
    ticket = make_ticket(bob)
    reply_to_ticket(ticket_id=ticket.pk, author=sam, message="Restart it, please.")
    queue_ticket_closing(ticket, closes_at=timezone.now())
    assert waiting_mails() == []
    assert bob.notifications.filter(kind=Kind.SUPPORT).count() == 2


def test_where_nobody_has_to_confirm_an_address_mails_go_to_all_and_can_be_answered(
    bob: User, sam: User, settings: Settings
) -> None:
    settings.SUPPORT_MAIL_ADDRESS, settings.EMAIL_VERIFICATION = ADDRESS, False
    bob.email_verified_at = None
    bob.save()
    ticket = open_ticket(user=bob, subject="It stops", message="After a minute.")
    reply_to_ticket(ticket_id=ticket.pk, author=sam, message="Restart it, please.")
    mails = [*waiting_mails("ticket_opened"), *waiting_mails("ticket_answered")]
    assert [mail.headers["Reply-To"] for mail in mails] == [reply_address(ticket.pk)] * 2


def test_a_refusal_says_why_and_where_to_go_on(alice: User) -> None:
    ticket = make_ticket(alice, subject="Buy at www.example.com")
    with transaction.atomic():
        queue_mail_refused(ticket, "It was closed a while ago.")
    (mail,) = waiting_mails("ticket_mail_refused")
    assert "It was closed a while ago." in mail.text
    assert "It was closed a while ago." in mail.html
    assert f"/support/{ticket.pk}" in mail.text
    assert mail.headers["Auto-Submitted"] == "auto-replied"
    assert "www.example.com" not in mail.text + mail.subject
