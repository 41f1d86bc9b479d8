"""What staff answer on a ticket's page: never blindly, never twice, with its files and prepared answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from support.admin import answering
from support.models import CannedReply, Ticket, TicketMessage
from support.services.tickets import add_note, close_ticket, merge_tickets, reply_to_ticket
from tests.admin.addresses import change
from tests.admin.ticket_pages import ANSWER, at, shown
from tests.factories.support import make_attachment, make_message, make_ticket
from tests.queries import recorded_queries


def test_a_ticket_is_answered_and_everybody_knows_it(agent: Client, helper: User, ticket: Ticket) -> None:
    assert at(ticket, "reply") in shown(agent, ticket)
    assert agent.post(at(ticket, "reply"), {"message": ANSWER, "do": "send"}).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee) == ("answered", helper)
    assert ticket.messages.get(by_staff=True).author == helper
    assert LogEntry.objects.get().change_message == "Answered"
    assert AuditEvent.objects.filter(action="ticket_answered", actor_id=helper.pk).count() == 1


def test_an_answer_can_close_the_ticket(agent: Client, ticket: Ticket) -> None:
    page = agent.post(at(ticket, "reply"), {"message": ANSWER, "do": "close"}, follow=True).content.decode()
    assert "Your answer is sent, and the ticket is closed." in page
    ticket.refresh_from_db()
    assert ticket.status == "closed"
    assert at(ticket, "reply") not in page
    assert "This ticket is closed." in page


def test_a_note_is_seen_by_staff_alone_and_looks_like_nothing_else(agent: Client, ticket: Ticket, alice: User) -> None:
    agent.post(at(ticket, "reply"), {"message": "She pays for ten seats.", "do": "note"})
    page = shown(agent, ticket)
    assert "She pays for ten seats." in page
    assert "desk-note" in page
    assert "Note for staff" in page
    browser = Client()
    browser.force_login(alice)
    assert "ten seats" not in browser.get(f"/support/{ticket.pk}").content.decode()
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_files_go_with_the_answer_and_refused_ones_keep_its_text(agent: Client, ticket: Ticket) -> None:
    bad = SimpleUploadedFile("run.exe", b"MZ\x90\x00")
    page = agent.post(at(ticket, "reply"), {"message": ANSWER, "files": [bad], "do": "send"}).content.decode()
    assert "run.exe" in page
    assert ANSWER in page
    assert ticket.messages.count() == 1
    # More than a form without files may have.
    good = [SimpleUploadedFile(f"{n}.log", b"a line\n" * 100_000) for n in range(2)]
    assert agent.post(at(ticket, "reply"), {"message": ANSWER, "files": good, "do": "send"}).status_code == 302
    page = shown(agent, ticket)
    for file in ticket.messages.get(by_staff=True).attachments.all():
        assert reverse("ticket-attachment", args=[ticket.pk, file.pk]) in page


def test_a_refused_answer_is_shown_again_with_its_thread(agent: Client, ticket: Ticket) -> None:
    page = agent.post(at(ticket, "reply"), {"message": "too shrt"}).content.decode()
    for words in ("too shrt", "at least 10 characters", "The tunnel stops after a minute."):
        assert words in page


def test_an_answer_is_not_sent_past_what_came_meanwhile(agent: Client, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk
    news = make_message(ticket, body="It works again, by the way.", created_at=timezone.now() + timedelta(seconds=1))
    page = agent.post(at(ticket, "reply"), {"message": ANSWER, "seen": seen, "do": "send"}).content.decode()
    assert "Somebody wrote meanwhile" in page
    assert ANSWER in page
    assert "It works again, by the way." in page
    assert page.count('<span class="desk-tag">new</span>') == 1
    assert f'name="seen" value="{news.pk}"' in page
    assert ticket.messages.filter(by_staff=True).count() == 0
    assert agent.post(at(ticket, "reply"), {"message": ANSWER, "seen": news.pk, "do": "send"}).status_code == 302


def test_two_who_answer_at_once_do_not_answer_twice(agent: Client, staff: Client, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk
    assert staff.post(at(ticket, "reply"), {"message": "I have it.  Wait.", "seen": seen}).status_code == 302
    page = agent.post(at(ticket, "reply"), {"message": ANSWER, "seen": seen}).content.decode()
    assert "Somebody wrote meanwhile" in page
    assert ticket.messages.filter(by_staff=True).count() == 1


@pytest.mark.parametrize(
    ("do", "acts"),
    [("send", ["Answered"]), ("close", ["Answered", "Closed"]), ("note", ["Noted"])],
)
def test_what_is_sent_twice_is_written_once(agent: Client, ticket: Ticket, do: str, acts: list[str]) -> None:
    key = shown(agent, ticket).split('name="idempotency_key" value="')[1].split('"')[0]
    sent = {"message": ANSWER, "seen": ticket.messages.get().pk, "idempotency_key": key, "do": do}
    told = []
    for _ in range(2):
        answer = agent.post(at(ticket, "reply"), sent, follow=True)
        assert answer.redirect_chain == [(change(ticket), 302)]
        told.append([str(message) for message in answer.context["messages"]])
    assert told[0] == told[1]
    assert ticket.messages.filter(by_staff=True).count() == 1
    assert list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True)) == acts
    assert AuditEvent.objects.filter(target_id=str(ticket.pk)).count() == len(acts)


@pytest.mark.parametrize("key", ["k" * 20, "k" * 128])
def test_what_was_noted_can_be_sent_from_the_same_form(agent: Client, ticket: Ticket, key: str) -> None:
    sent = {"message": ANSWER, "idempotency_key": key}
    for do in ("note", "send", "note", "send"):
        assert agent.post(at(ticket, "reply"), {**sent, "do": do}).status_code == 302
    assert list(ticket.messages.filter(by_staff=True).order_by("created_at").values_list("is_note", flat=True)) == [
        True,
        False,
    ]


CLOSING = {"message": ANSWER, "idempotency_key": "k" * 20, "do": "close"}


def last_told(browser: Client, ticket: Ticket) -> str:
    answer = browser.post(at(ticket, "reply"), CLOSING, follow=True)
    return str(list(answer.context["messages"])[-1])


def test_an_answer_that_comes_again_does_not_close_what_the_customer_asked_since(
    agent: Client, ticket: Ticket, alice: User
) -> None:
    assert last_told(agent, ticket) == "Your answer is sent, and the ticket is closed."
    reply_to_ticket(ticket_id=ticket.pk, author=alice, message="It stops again, though.")
    assert last_told(agent, ticket) == (
        "Your answer is sent, but the ticket is not closed. Somebody wrote after it: look at what is new."
    )
    ticket.refresh_from_db()
    assert ticket.status == "open"
    assert AuditEvent.objects.filter(action="ticket_closed").count() == 1


def test_what_the_customer_writes_between_the_answer_and_the_closing_stays_open(
    agent: Client, ticket: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_and_be_asked(**values: Any) -> TicketMessage:
        written = reply_to_ticket(**values)
        reply_to_ticket(ticket_id=ticket.pk, author=alice, message="It stops again, though.")
        return written

    monkeypatch.setattr(answering, "reply_to_ticket", answer_and_be_asked)
    assert "Somebody wrote after it" in last_told(agent, ticket)
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_a_note_after_the_answer_keeps_nothing_open(agent: Client, ticket: Ticket, helper: User) -> None:
    assert agent.post(at(ticket, "reply"), {**CLOSING, "do": "send"}).status_code == 302
    add_note(ticket_id=ticket.pk, author=helper, message="It was the router.")
    assert last_told(agent, ticket) == "Your answer is sent, and the ticket is closed."
    ticket.refresh_from_db()
    assert ticket.status == "closed"


def test_of_a_merged_ticket_the_one_that_has_the_answer_is_closed(
    agent: Client, ticket: Ticket, alice: User, helper: User
) -> None:
    target = make_ticket(alice, subject="The other one")
    merge_tickets(source_id=ticket.pk, target_id=target.pk, staff=helper)
    for _ in range(2):
        assert last_told(agent, ticket) == "Your answer is sent, and the ticket is closed."
    target.refresh_from_db()
    assert target.status == "closed"
    assert list(LogEntry.objects.values_list("object_id", flat=True)) == [str(target.pk)] * 2
    assert not AuditEvent.objects.filter(action="staff_changed").exists()


def test_who_answers_is_told_the_truth_when_the_other_copy_of_the_form_has_closed_it(
    agent: Client, ticket: Ticket, helper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_and_be_overtaken(**values: Any) -> TicketMessage:
        written = reply_to_ticket(**values)
        close_ticket(ticket_id=ticket.pk, closer=helper)
        return written

    monkeypatch.setattr(answering, "reply_to_ticket", answer_and_be_overtaken)
    assert last_told(agent, ticket) == "Your answer is sent, and the ticket is closed."


def test_who_has_read_the_news_says_so_and_sends(agent: Client, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk
    assert "<article" not in agent.get(at(ticket, "news"), {"seen": str(seen)}).content.decode()
    news = make_message(ticket, body="One more thing, please.", created_at=timezone.now() + timedelta(seconds=1))
    part = agent.get(at(ticket, "news"), {"seen": str(seen)}).content.decode()
    assert "One more thing, please." in part
    assert f'value="{news.pk}" form="desk-answer"' in part
    # A browser sends both, the page's own first.
    sent = {"message": ANSWER, "seen": [str(seen), str(news.pk)], "do": "send"}
    assert agent.post(at(ticket, "reply"), sent).status_code == 302


def test_news_stay_word_for_word_so_that_an_open_page_neither_reads_them_out_again_nor_unticks_a_box(
    agent: Client, ticket: Ticket
) -> None:
    seen = ticket.messages.latest("created_at").pk
    make_message(ticket, body="One more thing, please.", created_at=timezone.now() + timedelta(seconds=1))
    parts = set()
    for after in (10, 20, 90):
        with time_machine.travel(timezone.now() + timedelta(seconds=after), tick=False):
            parts.add(agent.get(at(ticket, "news"), {"seen": str(seen)}).content)
    (part,) = parts
    assert b"One more thing" in part


def test_a_prepared_answer_is_inserted_below_what_was_written_and_sends_nothing(agent: Client, ticket: Ticket) -> None:
    reply = CannedReply.objects.create(title="Hello", body="Hello {name}, about {subject}.")
    sent = {"message": "As I said:", "reply": reply.pk, "do": "insert"}
    page = agent.post(at(ticket, "reply"), sent)
    assert page.context["answer_form"]["message"].value() == "As I said:\n\nHello Alice, about My tunnel stops."
    assert ticket.messages.count() == 1
    text = agent.get(at(ticket, "canned", reply.pk))
    assert text.content.decode() == "Hello Alice, about My tunnel stops."
    assert text.headers["Content-Type"].startswith("text/plain")
    CannedReply.objects.update(is_active=False)
    assert agent.get(at(ticket, "canned", reply.pk)).status_code == 404
    for odd in ("", "x", "-1", "9" * 30):
        assert agent.post(at(ticket, "reply"), {**sent, "reply": odd}).status_code == 200


def test_what_is_new_takes_two_queries_however_much_it_is(staff: Client, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk
    for count in (0, 1, 10):
        for _ in range(count):
            make_attachment(make_message(ticket, created_at=timezone.now() + timedelta(seconds=1)))
        with recorded_queries() as statements:
            part = staff.get(at(ticket, "news"), {"seen": str(seen)}).content.decode()
        assert part.count("<article") == part.count("desk-files") == ticket.messages.count() - 1
        assert len([each for each in statements if '"support_' in each]) == 2


def test_a_page_that_has_lost_its_place_shows_all_that_is_new_and_nothing_that_is_earlier(
    staff: Client, ticket: Ticket
) -> None:
    lost = uuid4()
    assert staff.get(at(ticket, "news"), {"seen": str(lost)}).content.decode().count("<article") == 1
    assert "<article" not in shown(staff, ticket, f"?before={lost}")


def test_a_large_log_goes_with_an_answer(agent: Client, ticket: Ticket) -> None:
    large = SimpleUploadedFile("large.log", b"a line\n" * 250_000)
    sent = agent.post(at(ticket, "reply"), {"message": "Look at this, please.", "files": [large], "do": "send"})
    assert sent.status_code == 302
    assert ticket.messages.get(by_staff=True).attachments.get().size == 1_750_000


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 30, "\u0661", "x", ""])
def test_a_prepared_answer_that_there_is_not_inserts_nothing(agent: Client, ticket: Ticket, number: str) -> None:
    sent = {"message": "Half a sentence", "do": "insert", "reply": number}
    page = agent.post(at(ticket, "reply"), sent)
    assert page.status_code == 200
    assert "Half a sentence" in page.text
