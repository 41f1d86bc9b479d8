"""Who works here sees and answers other people's tickets by a permission: being staff is not enough, on pages or over the API."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from nexusvpn.errors import NotAllowed, NotFound
from support.models import Ticket
from support.services.tickets import add_note, assign_ticket, close_ticket, merge_tickets, reply_to_ticket
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import make_user
from tests.factories.support import make_attachment, make_ticket

Statuses = Callable[[User, Ticket, UUID], tuple[int, ...]]
ANSWER = {"message": "Please restart it once."}


@pytest.fixture
def editor(db: None) -> User:
    """Staff with another task."""
    return make_user("editor@example.com", is_staff=True)


def page_statuses(user: User, ticket: Ticket, file: UUID) -> tuple[int, ...]:
    browser = Client()
    browser.force_login(user)
    read = [browser.get(f"/support/{ticket.pk}{rest}") for rest in ("", "/close", f"/attachments/{file}")]
    written = [browser.post(f"/support/{ticket.pk}/reply", ANSWER), browser.post(f"/support/{ticket.pk}/close")]
    return tuple(answer.status_code for answer in (*read, *written))


def api_statuses(user: User, ticket: Ticket, file: UUID) -> tuple[int, ...]:
    api = ApiClient(token_of(user))
    read = [
        api.status_of("GET", f"tickets/{ticket.pk}{rest}", None) for rest in ("", "/messages", f"/attachments/{file}")
    ]
    written = [api.post(f"tickets/{ticket.pk}/reply", ANSWER), api.post(f"tickets/{ticket.pk}/close")]
    return (*read, *(answer.status for answer in written))


@pytest.mark.parametrize("statuses", [page_statuses, api_statuses])
def test_without_a_permission_there_are_ones_own_tickets_only(statuses: Statuses, editor: User, ticket: Ticket) -> None:
    file = make_attachment(ticket.messages.get()).pk
    assert statuses(editor, ticket, file) == (404,) * 5
    assert (ticket.messages.count(), Ticket.objects.get().status) == (1, Ticket.Status.OPEN)
    own = make_ticket(editor)
    assert all(status < 400 for status in statuses(editor, own, make_attachment(own.messages.get()).pk))


@pytest.mark.parametrize("statuses", [page_statuses, api_statuses])
def test_who_may_only_read_writes_nothing(statuses: Statuses, editor: User, ticket: Ticket) -> None:
    editor.user_permissions.set(Permission.objects.filter(codename="view_ticket"))
    file = make_attachment(ticket.messages.get()).pk
    assert statuses(editor, ticket, file) == (200, 200, 200, 403, 403)
    assert (ticket.messages.count(), Ticket.objects.get().status) == (1, Ticket.Status.OPEN)


def test_who_may_only_read_is_offered_no_answer(editor: User, helper: User, ticket: Ticket) -> None:
    editor.user_permissions.set(Permission.objects.filter(codename="view_ticket"))
    for user, is_offered in ((editor, False), (helper, True)):
        browser = Client()
        browser.force_login(user)
        page = browser.get(f"/support/{ticket.pk}").text
        assert (f"/support/{ticket.pk}/reply" in page, f"/support/{ticket.pk}/close" in page) == (is_offered,) * 2


@pytest.mark.django_db(transaction=True)
def test_no_service_moves_a_ticket_without_it(editor: User, ticket: Ticket) -> None:
    other = make_ticket(ticket.user)
    acts = (
        lambda staff: reply_to_ticket(ticket_id=ticket.pk, author=staff, message="Please restart it once."),
        lambda staff: close_ticket(ticket_id=ticket.pk, closer=staff),
        lambda staff: add_note(ticket_id=ticket.pk, author=staff, message="Not before Monday."),
        lambda staff: assign_ticket(ticket_id=ticket.pk, staff=staff, assignee=staff),
        lambda staff: merge_tickets(source_id=ticket.pk, target_id=other.pk, staff=staff),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act(editor)
    editor.user_permissions.set(Permission.objects.filter(codename="view_ticket"))
    reader = User.objects.get(pk=editor.pk)
    for act in acts:
        with pytest.raises(NotAllowed):
            act(reader)
