"""What staff do with a ticket beside answering: notes, who has it, how urgent it is, how it is found again."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEvent, User
from nexusvpn.errors import DomainError, InvalidInput, NotAllowed, NotFound
from support.errors import AlreadyAssigned, TicketClosed
from support.models import Tag, Ticket
from support.services.tagging import add_tag
from support.services.tickets import (
    add_note,
    assign_ticket,
    change_priority,
    close_ticket,
    reply_to_ticket,
    set_tags,
)
from tests.factories.accounts import make_user
from tests.factories.support import make_helper, make_service_levels, make_ticket


@pytest.fixture
def colleague(db: None) -> User:
    return make_helper("colleague@example.com")


def acts(ticket: Ticket) -> list[tuple[str, Any, Any, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(target_id=str(ticket.pk)).order_by("at", "pk")
    return list(rows.values_list("action", "actor_id", "person_id", "details"))


def test_who_answers_first_what_is_nobodys_has_it(helper: User, colleague: User, ticket: Ticket) -> None:
    reply_to_ticket(ticket_id=ticket.pk, author=helper, message="We look into it.")
    reply_to_ticket(ticket_id=ticket.pk, author=colleague, message="So do I, at once.")
    ticket.refresh_from_db()
    assert ticket.assignee == helper


def test_an_answer_takes_nothing_from_a_colleague(helper: User, colleague: User, ticket: Ticket) -> None:
    assign_ticket(ticket_id=ticket.pk, staff=helper, assignee=colleague)
    reply_to_ticket(ticket_id=ticket.pk, author=helper, message="We look into it.")
    ticket.refresh_from_db()
    assert ticket.assignee == colleague


def test_a_ticket_is_given_taken_and_given_back(helper: User, colleague: User, ticket: Ticket) -> None:
    assert assign_ticket(ticket_id=ticket.pk, staff=helper, assignee=colleague).assignee == colleague
    with pytest.raises(AlreadyAssigned):
        assign_ticket(ticket_id=ticket.pk, staff=helper, assignee=helper, only_free=True)
    assert assign_ticket(ticket_id=ticket.pk, staff=helper, assignee=helper).assignee == helper
    assert assign_ticket(ticket_id=ticket.pk, staff=helper, assignee=helper, only_free=True).assignee == helper
    assert assign_ticket(ticket_id=ticket.pk, staff=helper, assignee=None).assignee is None
    assert [details for _, _, _, details in acts(ticket)] == [
        {"to": str(colleague.pk)},
        {"to": str(helper.pk)},
        {"to": None},
    ]


def test_only_to_somebody_who_answers_tickets(helper: User, alice: User, bob: User, ticket: Ticket) -> None:
    gone, unfit = make_helper("gone@example.com", is_active=False), make_user("unfit@example.com", is_staff=True)
    for nobody in (alice, bob, gone, unfit):
        with pytest.raises(InvalidInput) as refused:
            assign_ticket(ticket_id=ticket.pk, staff=helper, assignee=nobody)
        assert list(refused.value.fields) == ["assignee"]


def test_a_note_is_short_if_it_wants_and_changes_nothing_else(helper: User, ticket: Ticket) -> None:
    before = Ticket.objects.filter(pk=ticket.pk).values().get()
    note = add_note(ticket_id=ticket.pk, author=helper, message=" ? ")
    assert (note.body, note.is_note, note.by_staff, note.author) == ("?", True, True, helper)
    assert Ticket.objects.filter(pk=ticket.pk).values().get() == before


def test_a_closed_ticket_may_be_noted_and_tagged_but_not_moved(helper: User, ticket: Ticket) -> None:
    close_ticket(ticket_id=ticket.pk, closer=helper)
    add_note(ticket_id=ticket.pk, author=helper, message="It was the router.")
    set_tags(ticket_id=ticket.pk, staff=helper, names=["router"])
    for move in (
        lambda: assign_ticket(ticket_id=ticket.pk, staff=helper, assignee=helper),
        lambda: change_priority(ticket_id=ticket.pk, staff=helper, priority="low"),
    ):
        with pytest.raises(TicketClosed):
            move()


def test_another_priority_brings_its_promises(helper: User, ticket: Ticket) -> None:
    make_service_levels()
    changed = change_priority(ticket_id=ticket.pk, staff=helper, priority="high")
    assert (changed.priority, changed.answer_minutes, changed.resolution_minutes) == ("high", 240, 1440)
    change_priority(ticket_id=ticket.pk, staff=helper, priority="high")
    assert acts(ticket) == [
        ("ticket_priority_changed", helper.pk, ticket.user_id, {"from": "medium", "to": "high"}),
    ]


def test_tags_are_exactly_those_that_were_said(helper: User, ticket: Ticket) -> None:
    set_tags(ticket_id=ticket.pk, staff=helper, names=["Router ", "dns", "dns"])
    assert list(ticket.tags.values_list("name", flat=True)) == ["dns", "router"]
    set_tags(ticket_id=ticket.pk, staff=helper, names=["dns"])
    assert list(ticket.tags.values_list("name", flat=True)) == ["dns"]
    assert list(Tag.objects.values_list("name", flat=True)) == ["dns", "router"]


@pytest.mark.parametrize("names", [["two words"], [""], ["-x"], ["x" * 41], ["ü"], [str(n) for n in range(21)]])
def test_what_is_no_tag_is_refused(helper: User, ticket: Ticket, names: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_tags(ticket_id=ticket.pk, staff=helper, names=names)
    assert list(refused.value.fields) == ["tags"]
    assert not Tag.objects.exists()


def every_act(ticket: Ticket, actor: User) -> list[Any]:
    return [
        lambda: add_note(ticket_id=ticket.pk, author=actor, message="A note."),
        lambda: assign_ticket(ticket_id=ticket.pk, staff=actor, assignee=actor),
        lambda: change_priority(ticket_id=ticket.pk, staff=actor, priority="low"),
        lambda: set_tags(ticket_id=ticket.pk, staff=actor, names=["dns"]),
    ]


def test_each_act_is_in_the_log_and_internal_ones_are_not_in_the_customers(helper: User, ticket: Ticket) -> None:
    for act in every_act(ticket, helper):
        act()
    assert [(action, actor, person) for action, actor, person, _ in acts(ticket)] == [
        ("ticket_noted", helper.pk, None),
        ("ticket_assigned", helper.pk, None),
        ("ticket_priority_changed", helper.pk, ticket.user_id),
        ("ticket_tagged", helper.pk, None),
    ]


def test_customers_do_none_of_it(alice: User, bob: User, ticket: Ticket) -> None:
    """A stranger's ticket does not exist for them; on their own they are told that it is not theirs to do."""
    for actor, error in ((bob, NotFound), (alice, NotAllowed)):
        for act in every_act(ticket, actor):
            with pytest.raises(error):
                act()
    assert acts(ticket) == []


def test_staff_look_after_everybodys_ticket_but_their_own(helper: User) -> None:
    own = make_ticket(helper)
    for act in every_act(own, helper):
        with pytest.raises(DomainError) as refused:
            act()
        assert isinstance(refused.value, NotAllowed)


def test_the_log_says_how_many_tags_there_are_and_none_of_them(helper: User, ticket: Ticket) -> None:
    set_tags(ticket_id=ticket.pk, staff=helper, names=["dns"])
    add_tag(ticket_id=ticket.pk, staff=helper, name="john-doe")
    assert [details for *_, details in acts(ticket)] == [{"count": 1}, {"count": 2}]
