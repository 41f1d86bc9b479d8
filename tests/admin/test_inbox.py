"""The inbox: in its order, answered through the same service as everywhere."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from support.models import Ticket
from tests.admin.addresses import action, allow, change
from tests.factories.accounts import make_user
from tests.factories.support import make_ticket


def test_the_inbox_begins_with_who_waits_longest(staff: Client, alice: User) -> None:
    now = timezone.now()
    for hours, status in ((1, "open"), (5, "open"), (9, "answered"), (3, "open")):
        make_ticket(alice, subject=f"Since {hours}", status=status, updated_at=now - timedelta(hours=hours))
    address = reverse("admin:support_ticket_changelist")
    page = staff.get(address).content.decode()
    assert page.index("Since 5") < page.index("Since 3") < page.index("Since 1")
    assert "Since 9" not in page
    assert "5 hours" in page
    assert "Since 9" in staff.get(address, {"status": "answered"}).content.decode()


def test_a_ticket_is_answered_in_the_admin(helper: User, helper_browser: Client, alice: User) -> None:
    allow(helper, "view_ticket", "change_ticket")
    ticket = make_ticket(alice)
    page = helper_browser.get(change(ticket)).content.decode()
    assert "The tunnel stops after a minute." in page
    address = reverse("admin:support_ticket_reply", args=[ticket.pk])
    assert address in page
    assert helper_browser.post(address, {"message": "Restart it, please."}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.status == "answered"
    assert ticket.messages.get(by_staff=True).author == helper
    assert LogEntry.objects.get().change_message == "Answered"


def test_a_refused_answer_is_shown_again_with_its_thread(staff: Client, alice: User) -> None:
    ticket = make_ticket(alice)
    answer = staff.post(reverse("admin:support_ticket_reply", args=[ticket.pk]), {"message": "too shrt"})
    page = answer.content.decode()
    assert "too shrt" in page
    assert "at least 10 characters" in page
    assert "The tunnel stops after a minute." in page


def test_a_ticket_closed_in_the_admin_takes_no_answer(staff: Client, alice: User) -> None:
    ticket = make_ticket(alice)
    staff.post(action(ticket, "close"))
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.CLOSED
    address = reverse("admin:support_ticket_reply", args=[ticket.pk])
    assert address not in staff.get(change(ticket)).content.decode()
    assert "This ticket is closed." in staff.post(address, {"message": "Too late for that."}).content.decode()
    assert ticket.messages.count() == 1


def test_viewing_tickets_is_not_enough_to_answer(helper: User, helper_browser: Client, alice: User) -> None:
    allow(helper, "view_ticket")
    ticket = make_ticket(alice)
    address = reverse("admin:support_ticket_reply", args=[ticket.pk])
    assert address not in helper_browser.get(change(ticket)).content.decode()
    assert helper_browser.post(address, {"message": "Restart it, please."}).status_code == 403
    assert helper_browser.get(address).status_code == 405
    assert ticket.messages.count() == 1


def test_a_customer_reaches_neither_action_nor_answer(alice: User, bob: User) -> None:
    browser = Client()
    browser.force_login(bob)
    ticket = make_ticket(alice)
    for address in (action(ticket, "close"), reverse("admin:support_ticket_reply", args=[ticket.pk])):
        assert browser.post(address, {"message": "Let me in, please."}, follow=True).status_code == 403
    ticket.refresh_from_db()
    assert (ticket.status, ticket.messages.count()) == ("open", 1)


def test_who_answered_is_named_to_staff(staff: Client, alice: User) -> None:
    colleague = make_user("colleague@example.com", is_staff=True)
    ticket = make_ticket(alice)
    ticket.messages.create(author=colleague, by_staff=True, body="Restart it, please.")
    assert "Support (colleague@example.com)" in staff.get(change(ticket)).content.decode()
