"""Several tickets at once: each by the same service as one, and what came of each is said."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from support.models import Tag, Ticket
from tests.admin.addresses import allow
from tests.factories.support import make_helper, make_ticket


def act(browser: Client, action: str, *tickets: Ticket, **values: str) -> Any:
    """Choose the action in the list; with values, as the page that asks for them sends it."""
    sent: dict[str, Any] = {"action": action, "_selected_action": [ticket.pk for ticket in tickets]}
    sent |= {"sure": "1", **values} if values else {}
    return browser.post(reverse("admin:support_ticket_changelist"), sent)


@pytest.fixture
def three(alice: User) -> list[Ticket]:
    return [make_ticket(alice, subject=f"Number {n}") for n in range(3)]


def test_what_nobody_has_is_mine_at_once_and_a_colleagues_stays_theirs(
    staff: Client, sam: User, three: list[Ticket]
) -> None:
    colleague = make_helper("colleague@example.com")
    Ticket.objects.filter(pk=three[1].pk).update(assignee=colleague)
    page = act(staff, "assign_to_me", *three).content.decode()
    assert "1 of 3 not done" in page
    assert "Not done: A colleague has this ticket by now." in page
    assert [Ticket.objects.get(pk=each.pk).assignee for each in three] == [sam, colleague, sam]
    assert AuditEvent.objects.filter(action="ticket_assigned", actor_id=sam.pk).count() == 2


def test_an_action_that_needs_a_value_asks_for_it_and_changes_nothing_before(
    staff: Client, three: list[Ticket]
) -> None:
    colleague = make_helper("colleague@example.com")
    page = act(staff, "assign_to", *three[:2]).content.decode()
    assert "For 2 tickets" in page
    assert "Number 0" in page
    assert "Number 2" not in page
    assert not Ticket.objects.exclude(assignee=None).exists()
    act(staff, "assign_to", *three[:2], assignee=str(colleague.pk))
    assert Ticket.objects.filter(assignee=colleague).count() == 2


def test_only_colleagues_can_be_chosen(staff: Client, alice: User, three: list[Ticket]) -> None:
    page = act(staff, "assign_to", *three, assignee=str(alice.pk)).content.decode()
    assert "Select a valid choice" in page
    assert not Ticket.objects.exclude(assignee=None).exists()


def test_a_refusal_stops_none_of_the_others(staff: Client, sam: User, three: list[Ticket]) -> None:
    own = make_ticket(sam, subject="My own")
    gone = make_ticket(three[0].user, status="closed")
    page = act(staff, "close_several", three[0], gone, own, three[1], sure="1").content.decode()
    assert "This ticket is closed." in page
    assert [Ticket.objects.get(pk=each.pk).status for each in three] == ["closed", "closed", "open"]
    assert AuditEvent.objects.filter(action="ticket_closed").count() == 2


def test_what_has_left_the_view_meanwhile_is_done_all_the_same(staff: Client, three: list[Ticket]) -> None:
    """A colleague answered it: Django would leave it out without a word."""
    Ticket.objects.filter(pk=three[0].pk).update(status="answered")
    page = act(staff, "set_priority", *three, priority="high").content.decode()
    assert "Done with 3 tickets." in page
    assert Ticket.objects.filter(priority="high").count() == 3


def test_a_tag_is_added_beside_those_that_are_there(staff: Client, three: list[Ticket]) -> None:
    three[0].tags.add(Tag.objects.create(name="old"))
    act(staff, "add_tag", *three, tag="Speed")
    assert set(three[0].tags.values_list("name", flat=True)) == {"old", "speed"}
    assert [tag.name for tag in three[2].tags.all()] == ["speed"]
    act(staff, "add_tag", *three, tag="no blanks here")
    assert Tag.objects.count() == 2


def test_never_more_than_a_page_is_done_whatever_was_sent(staff: Client, alice: User, three: list[Ticket]) -> None:
    sent = {"action": "close_several", "sure": "1", "select_across": "1", "_selected_action": [three[0].pk]}
    staff.post(reverse("admin:support_ticket_changelist"), sent)
    assert Ticket.objects.filter(status="closed").count() == 1


def test_who_may_only_view_can_do_nothing(helper: User, helper_browser: Client, three: list[Ticket]) -> None:
    allow(helper, "view_ticket")
    for action in ("assign_to_me", "assign_to", "close_several", "add_tag", "set_priority"):
        act(helper_browser, action, *three, assignee=str(helper.pk), tag="speed", priority="high")
    assert Ticket.objects.filter(status="open", priority="medium", assignee=None, tags=None).count() == 3


@pytest.mark.parametrize("key", ["zz", "9" * 5000, ""])
def test_a_key_of_no_ticket_is_no_failure(staff: Client, key: str) -> None:
    sent = {"action": "assign_to_me", "_selected_action": [key]}
    assert staff.post(reverse("admin:support_ticket_changelist"), sent).status_code < 500
