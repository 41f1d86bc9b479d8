"""A ticket's page: its thread with the notes, the answer that is never sent blindly, and what else staff do there."""

from __future__ import annotations

import json
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
from support.models import CannedReply, Ticket
from tests.admin.addresses import action, allow, change
from tests.admin.rows import new_device
from tests.factories.payments import make_invoice, make_payment, make_subscription
from tests.factories.support import make_attachment, make_helper, make_message, make_ticket
from tests.queries import recorded_queries
from vpn.models import NodeStatus
from vpn.services.stops import start_stop

ANSWER = "Restart it, please."


def at(ticket: Ticket, page: str, *args: Any) -> str:
    return reverse(f"admin:support_ticket_{page}", args=[ticket.pk, *args])


def shown(browser: Client, ticket: Ticket, query: str = "") -> str:
    page = browser.get(change(ticket) + query)
    assert page.status_code == 200
    return str(page.content.decode())


@pytest.fixture
def ticket(alice: User) -> Ticket:
    return make_ticket(alice)


@pytest.fixture
def agent(helper: User, helper_browser: Client) -> Client:
    allow(helper, "view_ticket", "change_ticket")
    return helper_browser


def test_a_ticket_is_answered_and_everybody_knows_it(agent: Client, helper: User, ticket: Ticket) -> None:
    assert at(ticket, "reply") in shown(agent, ticket)
    assert agent.post(at(ticket, "reply"), {"message": ANSWER, "do": "send"}).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee) == ("answered", helper)
    assert ticket.messages.get(by_staff=True).author == helper
    assert LogEntry.objects.get().change_message == "Answered"
    assert AuditEvent.objects.filter(action="ticket_answered", actor_id=helper.pk).count() == 1


def test_pages_with_the_sites_scripts_have_the_words_that_these_say(staff: Client, sam: User, ticket: Ticket) -> None:
    stop = start_stop(by=sam, reason="Keys leaked")
    for path in (change(ticket), reverse("admin:support_ticket_changelist"), change(stop)):
        page = staff.get(path).text
        assert "dist/app.js" in page
        words = page.split("data-texts>")[1].split("</script>")[0]
        assert json.loads(words)["secondsAgo"] == "{n} s ago", path


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


def test_a_key_of_a_note_sends_no_answer(agent: Client, ticket: Ticket) -> None:
    sent = {"message": ANSWER, "idempotency_key": "k" * 20}
    assert agent.post(at(ticket, "reply"), {**sent, "do": "note"}).status_code == 302
    again = agent.post(at(ticket, "reply"), {**sent, "do": "send"})
    assert again.status_code == 200
    assert "k" * 20 not in again.text
    assert ticket.messages.filter(by_staff=True).count() == 1


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


def test_it_is_assigned_and_what_a_colleague_took_meanwhile_stays_theirs(
    agent: Client, helper: User, ticket: Ticket
) -> None:
    colleague = make_helper("colleague@example.com", full_name="Carla")
    page = agent.post(at(ticket, "assign"), {"assignee": str(colleague.pk)}, follow=True).content.decode()
    assert "Carla&#x27;s now" in page
    page = agent.post(at(ticket, "assign"), {"to_me": "1", "was_free": "1"}, follow=True).content.decode()
    assert "A colleague has this ticket by now." in page
    agent.post(at(ticket, "assign"), {"to_me": "1"})
    ticket.refresh_from_db()
    assert ticket.assignee == helper
    agent.post(at(ticket, "assign"), {"assignee": ""})
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_priority_and_tags_are_changed_and_refusals_told(agent: Client, ticket: Ticket) -> None:
    agent.post(at(ticket, "priority"), {"priority": "high"})
    agent.post(at(ticket, "tags"), {"names": "Speed, madrid  speed"})
    ticket.refresh_from_db()
    assert ticket.priority == "high"
    assert [tag.name for tag in ticket.tags.all()] == ["madrid", "speed"]
    page = agent.post(at(ticket, "tags"), {"names": "no_underscores"}, follow=True).content.decode()
    assert "Small letters, digits and hyphens" in page
    assert ticket.tags.count() == 2
    assert (
        "Select a valid choice" in agent.post(at(ticket, "priority"), {"priority": "x"}, follow=True).content.decode()
    )


def test_it_is_merged_into_another_of_the_same_customer(agent: Client, ticket: Ticket, bob: User) -> None:
    other, stranger = make_ticket(ticket.user, subject="The same again"), make_ticket(bob, subject="Of somebody else")
    page = agent.get(at(ticket, "merge")).content.decode()
    assert "The same again" in page
    assert "Of somebody else" not in page
    assert "cannot be undone" in page
    assert agent.post(at(ticket, "merge"), {"target": str(stranger.pk)}).status_code == 400
    answer = agent.post(at(ticket, "merge"), {"target": str(other.pk)})
    assert answer.headers["Location"] == change(other)
    ticket.refresh_from_db()
    assert (ticket.merged_into, other.messages.count()) == (other, 2)
    assert change(other) in shown(agent, ticket)


def test_the_latest_messages_come_first_and_the_earlier_ones_are_a_page_away(
    agent: Client, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.services.desk.THREAD", 3)
    now = timezone.now()
    for n in range(5):
        make_message(ticket, body=f"Message number {n}.", created_at=now + timedelta(seconds=n))
    page = shown(agent, ticket)
    assert "Message number 4." in page
    assert "Message number 1." not in page
    earlier = agent.get(change(ticket)).context["thread"].earlier
    page = shown(agent, ticket, f"?before={earlier}")
    assert "Message number 1." in page
    assert "Message number 2." not in page
    assert "data-live-src" not in page


def test_beside_it_is_what_one_needs_to_know_of_the_customer(staff: Client) -> None:
    device = new_device()
    customer = device.user
    subscription = make_subscription(customer)
    make_payment(customer, make_invoice(customer, subscription))
    NodeStatus.objects.update(last_report_at=timezone.now() - timedelta(hours=1))
    page = shown(staff, make_ticket(customer, device_name="Laptop"))
    for words in (
        "Plan",
        "Basic, by subscription",
        "Latest payments",
        "Laptop",
        "Activating",
        "Their servers",
        "Silent",
    ):
        assert words in page, words
    # What is kept of sign-ins answers no question about a tunnel.
    assert "Latest sign-ins" not in page


def test_its_times_and_its_choices_are_in_the_language_of_whoever_reads_it(staff: Client) -> None:
    device = new_device()
    NodeStatus.objects.update(last_report_at=timezone.now(), in_sync=None)
    page = staff.get(change(make_ticket(device.user)), headers={"accept-language": "de"}).text
    # For the script that keeps the times true.
    assert '"secondsAgo":"vor {n} Sek."' in page
    for words in (">Niemand</option>", "Nicht verglichen"):
        assert words in page, words


def test_who_may_not_see_customers_sees_nothing_of_them_beside_the_ticket(agent: Client, helper: User) -> None:
    ticket = make_ticket(new_device().user)
    assert "Latest payments" not in shown(agent, ticket)
    allow(helper, "view_ticket", "change_ticket", "view_user")
    assert "up to 1" in shown(agent, ticket)
    assert "Latest payments" not in shown(agent, ticket)
    allow(helper, "view_ticket", "change_ticket", "view_user", "view_payment")
    assert "Latest payments" in shown(agent, ticket)


def test_a_page_costs_the_same_whatever_is_on_it(staff: Client, alice: User) -> None:
    def cost(ticket: Ticket, query: str = "") -> list[str]:
        with recorded_queries() as statements:
            shown(staff, ticket, query)
        return statements

    small = make_ticket(alice)
    make_attachment(small.messages.get())
    cost(small)
    few = cost(small)
    large = make_ticket(new_device().user)
    for n in range(30):
        author = make_helper(f"colleague{n}@example.com")
        message = make_message(large, author=author, by_staff=True, body=f"Message {n}.")
        make_attachment(message)
        CannedReply.objects.create(title=f"Reply {n}", body="Hello {name}")
    many = cost(large)
    assert len(many) == len(few), "\n".join(many)
    earlier = cost(large, f"?before={large.messages.latest('created_at').pk}")
    for statements in (few, many, earlier):
        about = [each for each in statements if "support_ticketmessage" in each or "support_attachment" in each]
        assert len(about) == 1, about


def test_what_is_new_takes_two_queries_however_much_it_is(staff: Client, ticket: Ticket) -> None:
    seen = ticket.messages.get().pk
    for count in (0, 1, 10):
        for _ in range(count):
            make_attachment(make_message(ticket, created_at=timezone.now() + timedelta(seconds=1)))
        with recorded_queries() as statements:
            part = staff.get(at(ticket, "news"), {"seen": str(seen)}).content.decode()
        assert part.count("<article") == part.count("desk-files") == ticket.messages.count() - 1
        assert len([each for each in statements if '"support_' in each]) == 2


def test_a_file_that_was_removed_is_named_and_leads_nowhere(staff: Client, ticket: Ticket) -> None:
    file = make_attachment(ticket.messages.get(), name="client.log", removed_at=timezone.now())
    page = shown(staff, ticket)
    assert "client.log" in page
    assert "removed" in page
    assert reverse("ticket-attachment", args=[ticket.pk, file.pk]) not in page


def test_a_page_that_has_lost_its_place_shows_all_that_is_new_and_nothing_that_is_earlier(
    staff: Client, ticket: Ticket
) -> None:
    lost = uuid4()
    assert staff.get(at(ticket, "news"), {"seen": str(lost)}).content.decode().count("<article") == 1
    assert "<article" not in shown(staff, ticket, f"?before={lost}")


def test_viewing_is_not_enough_and_no_form_is_shown(helper: User, helper_browser: Client, ticket: Ticket) -> None:
    allow(helper, "view_ticket")
    page = shown(helper_browser, ticket)
    assert "The tunnel stops after a minute." in page
    assert "<textarea" not in page
    for name in ("reply", "assign", "priority", "tags", "merge"):
        assert at(ticket, name) not in page
        sent = {"message": ANSWER, "priority": "high", "names": "x", "to_me": "1"}
        assert helper_browser.post(at(ticket, name), sent).status_code == 403
    assert helper_browser.get(at(ticket, "merge")).status_code == 403
    assert helper_browser.get(at(ticket, "news")).status_code == 200
    reply = CannedReply.objects.create(title="Hello", body="Hello {name}")
    assert helper_browser.get(at(ticket, "canned", reply.pk)).status_code == 403
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.messages.count(), ticket.assignee) == ("medium", 1, None)


def test_nobody_works_on_their_own_question(agent: Client, helper: User) -> None:
    own = make_ticket(helper)
    assert at(own, "reply") not in shown(agent, own)
    assert agent.post(at(own, "reply"), {"message": ANSWER}).status_code == 403
    assert agent.post(action(own, "close")).status_code == 403


def test_what_is_done_by_post_is_not_done_by_get(agent: Client, ticket: Ticket) -> None:
    for name in ("reply", "assign", "priority", "tags"):
        assert agent.get(at(ticket, name)).status_code == 405


def test_a_customer_reaches_nothing_of_it(ticket: Ticket, bob: User) -> None:
    browser = Client()
    browser.force_login(bob)
    for name in ("reply", "assign", "priority", "tags", "merge", "news"):
        sent = {"message": "Let me in, please.", "to_me": "1"}
        assert browser.post(at(ticket, name), sent, follow=True).status_code == 403
    assert browser.post(action(ticket, "close"), follow=True).status_code == 403
    ticket.refresh_from_db()
    assert (ticket.status, ticket.messages.count()) == ("open", 1)


def test_who_answered_is_named_to_staff_and_text_stays_text(staff: Client, ticket: Ticket) -> None:
    colleague = make_helper("colleague@example.com")
    make_message(ticket, author=colleague, by_staff=True, body="<script>alert(1)</script>")
    Ticket.objects.filter(pk=ticket.pk).update(subject="<img src=x onerror=alert(1)>")
    page = shown(staff, ticket)
    assert "Support</strong>" not in page
    assert "Support (colleague@example.com)" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_staff_see_no_notes_about_themselves(helper: User, helper_browser: Client, staff: Client) -> None:
    allow(helper, "view_ticket", "change_ticket", "view_ticketmessage", "view_attachment")
    mine = make_ticket(helper)
    first = mine.messages.get()
    note = make_message(mine, author=None, by_staff=True, is_note=True, body="We suspect a second account.")
    file = make_attachment(note, name="suspicion.log")
    messages, files = reverse("admin:support_ticketmessage_changelist"), reverse("admin:support_attachment_changelist")
    news = at(mine, "news") + f"?seen={first.pk}"
    for address, word in (
        (change(mine), "suspect"),
        (news, "suspect"),
        (messages, "suspect"),
        (files, "suspicion"),
    ):
        assert word in staff.get(address).text, address
        assert word not in helper_browser.get(address).text, address
    download = reverse("ticket-attachment", args=[mine.pk, file.pk])
    assert (staff.get(download).status_code, helper_browser.get(download).status_code) == (200, 404)
    assert helper_browser.get(change(note)).status_code == 302


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
