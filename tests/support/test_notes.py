"""What staff write for staff is seen by no customer: by no page, over no API, in no mail, in no export."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from accounts.models import Mail, Notification, User
from accounts.privacy import sections
from accounts.services.outbox import bodies_of
from support.models import Ticket
from support.services.tickets import add_note, assign_ticket, merge_tickets, reply_to_ticket, set_tags
from tests.api_client import ApiClient
from tests.factories.support import make_attachment, make_ticket

SECRET = "zebra crossing"


@pytest.fixture
def noted(helper: User, ticket: Ticket) -> Ticket:
    """With a note that has a file, of a ticket that was merged into it, and tags; before and after our answer."""
    other = make_ticket(ticket.user, subject="Another")
    note = add_note(ticket_id=other.pk, author=helper, message=f"First {SECRET}.")
    make_attachment(note, data=SECRET.encode(), name="zebra crossing.log")
    merge_tickets(source_id=other.pk, target_id=ticket.pk, staff=helper)
    assign_ticket(ticket_id=ticket.pk, staff=helper, assignee=helper)
    set_tags(ticket_id=ticket.pk, staff=helper, names=["zebra-crossing"])
    reply_to_ticket(ticket_id=ticket.pk, author=helper, message="We look into it.")
    add_note(ticket_id=ticket.pk, author=helper, message=f"Second {SECRET}.")
    return ticket


def holds_a_note(text: str) -> bool:
    return "zebra" in text


def test_no_page_shows_it(alice: User, helper: User, noted: Ticket) -> None:
    browser = Client()
    browser.force_login(alice)
    for path in ("/support", f"/support/{noted.pk}", "/notifications", "/settings/privacy", "/settings/activity"):
        answer = browser.get(path, follow=True)
        assert not holds_a_note(answer.text), path
        assert helper.email not in answer.text, path
    assert "We look into it." in browser.get(f"/support/{noted.pk}").text


def test_the_api_does_not_give_it_to_anybody(alice_api: ApiClient, helper_api: ApiClient, noted: Ticket) -> None:
    for client in (alice_api, helper_api):
        thread = client.get(f"tickets/{noted.pk}/messages")
        assert [message["message"] for message in thread.data["items"]][-1] == "We look into it."
        assert thread.data["total"] == 3
        sliced = client.get(f"tickets/{noted.pk}/messages?cursor=")
        for answer in (thread, sliced, client.get(f"tickets/{noted.pk}"), client.get("tickets")):
            assert not holds_a_note(json.dumps(answer.body))


def test_a_file_of_a_note_is_not_to_be_had(alice: User, alice_api: ApiClient, noted: Ticket) -> None:
    file = noted.messages.filter(is_note=True).earliest("created_at").attachments.get()
    browser = Client()
    browser.force_login(alice)
    assert browser.get(f"/support/{noted.pk}/attachments/{file.pk}").status_code == 404
    assert alice_api.get(f"tickets/{noted.pk}/attachments/{file.pk}").status == 404


def test_no_mail_and_no_line_of_theirs_says_it(noted: Ticket, alice: User) -> None:
    mails = [*Mail.objects.all()]
    assert mails
    for mail in mails:
        assert not holds_a_note(mail.subject + "".join(bodies_of(mail).values()))
    lines = Notification.objects.filter(user=alice).values_list("title", "text")
    assert lines
    assert not holds_a_note(str(list(lines)))


def test_no_section_of_the_export_has_it(alice: User, noted: Ticket, helper: User) -> None:
    told = {section.name: str(section.collect(alice)) for section in sections()}
    assert "We look into it." in told["tickets"]
    for name, text in told.items():
        assert not holds_a_note(text), name
        assert str(helper.pk) not in text, name
        assert "ticket_noted" not in text, name


def test_a_note_moves_nothing_that_the_customer_sees(alice_api: ApiClient, helper: User, ticket: Ticket) -> None:
    before = alice_api.get(f"tickets/{ticket.pk}").data
    add_note(ticket_id=ticket.pk, author=helper, message="Not before Monday.")
    assert alice_api.get(f"tickets/{ticket.pk}").data == before
    assert not Mail.objects.exists()
    assert not Notification.objects.exists()
