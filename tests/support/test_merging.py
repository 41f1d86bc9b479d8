"""Two tickets of one customer become one."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, Notification, User
from nexusvpn.errors import NotAllowed, NotFound
from support.errors import CannotMerge, RatingEnded, TicketClosed, TicketMerged
from support.models import Ticket, TicketMessage
from support.services.tickets import (
    add_note,
    close_ticket,
    merge_tickets,
    open_ticket,
    rate_ticket,
    reply_to_ticket,
    set_tags,
)
from tests.api_client import ApiClient
from tests.factories.support import make_attachment, make_message, make_ticket

TEXT = {"message": "It has stopped again."}


@pytest.fixture
def source(alice: User) -> Ticket:
    return make_ticket(alice, subject="Again")


def merge(source: Ticket, target: Ticket, staff: User) -> Ticket:
    merged = merge_tickets(source_id=source.pk, target_id=target.pk, staff=staff)
    source.refresh_from_db()
    target.refresh_from_db()
    return merged


def test_the_messages_are_one_thread_in_their_order(helper: User, ticket: Ticket, source: Ticket) -> None:
    now = timezone.now() - timedelta(minutes=1)
    TicketMessage.objects.all().delete()
    for number, (of, text) in enumerate([(source, "one"), (ticket, "two"), (source, "three"), (ticket, "four")]):
        make_message(of, body=text, created_at=now + timedelta(seconds=number))
    add_note(ticket_id=source.pk, author=helper, message="five")
    merge(source, ticket, helper)
    assert list(ticket.messages.values_list("body", flat=True)) == ["one", "two", "three", "four", "five"]
    assert (source.status, source.merged_into, source.messages.count()) == ("closed", ticket, 0)
    assert ticket.status == "open"


def test_files_and_tags_come_along(helper: User, ticket: Ticket, source: Ticket) -> None:
    attachment = make_attachment(source.messages.get())
    set_tags(ticket_id=source.pk, staff=helper, names=["dns"])
    set_tags(ticket_id=ticket.pk, staff=helper, names=["router"])
    merge(source, ticket, helper)
    attachment.refresh_from_db()
    assert attachment.message.ticket == ticket
    assert list(ticket.tags.values_list("name", flat=True)) == ["dns", "router"]


def test_the_sources_address_leads_to_the_target(
    alice_api: ApiClient, helper: User, ticket: Ticket, source: Ticket
) -> None:
    merge(source, ticket, helper)
    shown = alice_api.get(f"tickets/{source.pk}").data
    assert (shown["status"], shown["merged_into"], shown["reopens_until"]) == ("closed", str(ticket.pk), None)
    assert alice_api.get(f"tickets/{source.pk}/messages").data["items"] == []
    assert alice_api.post(f"tickets/{source.pk}/reply", TEXT).status == 201
    assert ticket.messages.latest("created_at").body == TEXT["message"]
    assert source.messages.count() == 0


def test_a_chain_leads_to_its_end(alice: User, helper: User, ticket: Ticket, source: Ticket) -> None:
    last = make_ticket(alice, subject="The last one")
    merge(source, ticket, helper)
    merge(ticket, last, helper)
    written = reply_to_ticket(ticket_id=source.pk, author=alice, message=TEXT["message"])
    assert written.ticket == last
    assert last.messages.count() == 4
    assert add_note(ticket_id=source.pk, author=helper, message="!").ticket == last


def test_a_closed_ticket_goes_into_another_and_opens_nothing(helper: User, ticket: Ticket, source: Ticket) -> None:
    close_ticket(ticket_id=source.pk, closer=helper)
    reply_to_ticket(ticket_id=ticket.pk, author=helper, message="Is it better now?")
    source.refresh_from_db()
    closed_at = source.closed_at
    merge(source, ticket, helper)
    assert (source.closed_at, source.merged_into, ticket.status) == (closed_at, ticket, "answered")


def test_an_open_one_makes_an_answered_one_open_and_takes_its_warning_back(
    helper: User, ticket: Ticket, source: Ticket
) -> None:
    reply_to_ticket(ticket_id=ticket.pk, author=helper, message="Is it better now?")
    Ticket.objects.filter(pk=ticket.pk).update(warned_at=timezone.now())
    merge(source, ticket, helper)
    assert (ticket.status, ticket.warned_at) == ("open", None)


def test_nothing_goes_into_a_closed_ticket(helper: User, ticket: Ticket, source: Ticket) -> None:
    close_ticket(ticket_id=ticket.pk, closer=helper)
    with pytest.raises(TicketClosed):
        merge(source, ticket, helper)


def test_no_ticket_goes_into_itself_or_round_in_a_circle(helper: User, ticket: Ticket, source: Ticket) -> None:
    with pytest.raises(CannotMerge):
        merge(ticket, ticket, helper)
    merge(source, ticket, helper)
    for pair in ((source, ticket), (ticket, source)):
        with pytest.raises(TicketMerged):
            merge(*pair, helper)


def test_only_tickets_of_one_customer(bob: User, helper: User, ticket: Ticket) -> None:
    with pytest.raises(CannotMerge):
        merge(make_ticket(bob), ticket, helper)
    with pytest.raises(NotFound):
        merge_tickets(source_id=ticket.pk, target_id=uuid4(), staff=helper)
    with pytest.raises(NotFound):
        merge_tickets(source_id=uuid4(), target_id=ticket.pk, staff=helper)


def test_customers_and_strangers_merge_nothing(alice: User, bob: User, ticket: Ticket, source: Ticket) -> None:
    with pytest.raises(NotFound):
        merge(source, ticket, bob)
    with pytest.raises(NotAllowed):
        merge(source, ticket, alice)


def test_a_merged_ticket_is_neither_rated_nor_closed(alice: User, helper: User, ticket: Ticket, source: Ticket) -> None:
    reply_to_ticket(ticket_id=source.pk, author=helper, message="Is it better now?")
    merge(source, ticket, helper)
    with pytest.raises(TicketMerged):
        rate_ticket(ticket_id=source.pk, user=alice, rating=5)
    with pytest.raises(TicketClosed):
        close_ticket(ticket_id=source.pk, closer=alice)
    assert rate_ticket(ticket_id=ticket.pk, user=alice, rating=5).rating == 5


def test_too_late_for_a_new_answer_it_is_too_late_by_the_old_address_as_well(
    alice: User, helper: User, ticket: Ticket, source: Ticket
) -> None:
    merge(source, ticket, helper)
    close_ticket(ticket_id=ticket.pk, closer=alice)
    Ticket.objects.filter(pk=ticket.pk).update(closed_at=timezone.now() - timedelta(days=15))
    with pytest.raises(TicketClosed):
        reply_to_ticket(ticket_id=source.pk, author=alice, message=TEXT["message"])
    with pytest.raises(RatingEnded):
        rate_ticket(ticket_id=ticket.pk, user=alice, rating=5)


def test_a_repeat_finds_its_message_where_it_is_now(alice: User, helper: User, ticket: Ticket) -> None:
    ask = partial(open_ticket, user=alice, subject="Again", message="It has stopped again.", idempotency_key="one")
    opened = ask()
    written = reply_to_ticket(ticket_id=opened.pk, author=alice, message="And again, too.", idempotency_key="two")
    merge(opened, ticket, helper)
    assert ask() == ticket
    again = reply_to_ticket(ticket_id=opened.pk, author=alice, message="And again, too.", idempotency_key="two")
    assert (again, again.ticket) == (written, ticket)
    assert ticket.messages.count() == 3


def test_it_is_in_the_log_and_the_customer_is_told(alice: User, helper: User, ticket: Ticket, source: Ticket) -> None:
    merge(source, ticket, helper)
    act = AuditEvent.objects.get(action="ticket_merged")
    assert (act.actor_id, act.person_id, act.target_id) == (helper.pk, alice.pk, str(ticket.pk))
    assert act.details == {"from": str(source.pk), "messages": 1}
    told = Notification.objects.get(user=alice)
    assert (told.title, told.link) == ("Ticket goes on in another: Again", f"/support/{ticket.pk}")
