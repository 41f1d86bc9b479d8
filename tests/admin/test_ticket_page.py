"""A ticket's page: its thread, what is known of the customer beside it, and what else staff do there than to answer."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from support.models import CannedReply, Ticket
from tests.admin.addresses import action, allow, change
from tests.admin.rows.vpn import new_device
from tests.admin.ticket_pages import ANSWER, at, shown
from tests.factories.payments import make_invoice, make_payment, make_subscription
from tests.factories.support import make_attachment, make_helper, make_message, make_ticket
from tests.queries import recorded_queries
from vpn.models import NodeStatus
from vpn.services.stops import start_stop


def test_pages_with_the_sites_scripts_have_the_words_that_these_say(staff: Client, sam: User, ticket: Ticket) -> None:
    stop = start_stop(by=sam, reason="Keys leaked")
    for path in (change(ticket), reverse("admin:support_ticket_changelist"), change(stop)):
        page = staff.get(path).text
        assert "dist/app.js" in page
        words = page.split("data-texts>")[1].split("</script>")[0]
        assert json.loads(words)["secondsAgo"] == "{n} s ago", path


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
        "Priority support",
        "Latest payments",
        "Laptop",
        "Activating",
        "Their servers",
        "Offline: node silent",
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
    assert "Up to 1" in shown(agent, ticket)
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


def test_a_file_that_was_removed_is_named_and_leads_nowhere(staff: Client, ticket: Ticket) -> None:
    file = make_attachment(ticket.messages.get(), name="client.log", removed_at=timezone.now())
    page = shown(staff, ticket)
    assert "client.log" in page
    assert "removed" in page
    assert reverse("ticket-attachment", args=[ticket.pk, file.pk]) not in page


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


def test_it_is_found_by_the_number_that_its_page_shows(staff: Client, ticket: Ticket) -> None:
    number = re.search(r"<dt>Number</dt><dd>(.*?)</dd>", shown(staff, ticket))
    assert number
    found = staff.get(reverse("admin:support_ticket_changelist"), {"q": number[1]})
    assert found.context["cl"].result_list == [ticket]


def test_the_customers_own_page_of_it_is_not_offered(staff: Client, ticket: Ticket) -> None:
    assert "View on site" not in shown(staff, ticket)


def test_what_writes_a_note_looks_like_nothing_that_reaches_the_customer(agent: Client, ticket: Ticket) -> None:
    looks = dict(re.findall(r'<button type="submit" class="([\w-]+)" name="do" value="(\w+)"', shown(agent, ticket)))
    assert looks == {"default": "send", "desk-second": "close", "desk-noting": "note"}
