"""Whoever is neither its customer nor staff cannot tell a ticket from one that does not exist, at any address that names one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from support.models import Attachment, Ticket, TicketMessage
from tests.conftest import token_of
from tests.factories.support import make_attachment, make_ticket

METHODS = ("get", "head", "post", "put", "patch", "delete")
# Enough for every form of every address; what one does not know, pages leave aside.
EVERYTHING = {"message": "Let me in, please.", "rating": "5", "comment": ""}
BODIES = {"reply": {"message": "Let me in, please."}, "rating": {"rating": 5}, "close": {}}


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, prefix + str(each.pattern))
        else:
            yield prefix + str(each.pattern), each


def names_a_ticket(route: str) -> bool:
    return bool(re.search(r"(support/<uuid|tickets/\(\?P<)", route))


# By name, with the names of what the address holds.
ADDRESSES = {
    each.name: tuple(each.pattern.regex.groupindex)
    for route, each in patterns(get_resolver())
    if names_a_ticket(route) and not route.startswith("admin/")
}


def address(name: str, ticket: UUID, inner: UUID) -> str:
    """The first value of an address is the ticket, a second one is something in it. What is new is asked for after a message."""
    path = reverse(name, kwargs=dict(zip(ADDRESSES[name], (ticket, inner), strict=False)))
    known = TicketMessage.objects.filter(ticket=ticket).values_list("pk", flat=True).first()
    return f"{path}?after={known or uuid4()}" if name == "ticket-news" else path


def asked(client: Client, method: str, path: str, token: str) -> HttpResponse:
    if not path.startswith("/api/"):
        return getattr(client, method)(path, EVERYTHING if method == "post" else None)  # type: ignore[no-any-return]
    body = json.dumps(BODIES.get(path.rstrip("/").rpartition("/")[2], {}))
    headers = {"Authorization": f"Bearer {token}"}
    return client.generic(method.upper(), path, body, "application/json", headers=headers)


def told(answer: HttpResponse, *ids: UUID) -> tuple[Any, ...]:
    """What tells one answer from another, but for the ids, the request's own id, its time and what is new for each page."""
    text = answer.content.decode()
    for each in ids:
        text = text.replace(str(each), "…")
    text = re.sub(r'"(request_id|timestamp)":\s*"[^"]*"', "", text)
    text = re.sub(r'(nonce|data-now|csrfmiddlewaretoken" value|name="idempotency_key" value)="[^"]*"', "", text)
    location = answer.headers.get("Location", "")
    for each in ids:
        location = location.replace(str(each), "…")
    return answer.status_code, location, re.sub(r"[0-9a-f-]{36}", "", text)


@pytest.fixture
def attachment(ticket: Ticket) -> Attachment:
    return make_attachment(ticket.messages.get())


def test_the_walk_finds_the_addresses() -> None:
    assert {"ticket", "ticket-reply", "ticket-close", "api-ticket", "api-ticket-messages"} <= set(ADDRESSES)
    assert {"api-ticket-reply", "api-ticket-close", "api-ticket-rating", "ticket-attachment"} <= set(ADDRESSES)


@pytest.mark.parametrize("status", ["open", "answered", "closed"])
@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_a_strangers_ticket_is_like_none(
    bob: User, ticket: Ticket, attachment: Attachment, name: str, status: str
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(
        status=status, closed_at=ticket.created_at if status == "closed" else None
    )
    before = Ticket.objects.filter(pk=ticket.pk).values().get()
    browser, token = Client(), token_of(bob)
    browser.force_login(bob)
    seen = set()
    for method in METHODS:
        missing = (uuid4(), uuid4())
        real = asked(browser, method, address(name, ticket.pk, attachment.pk), token)
        none = asked(browser, method, address(name, *missing), token)
        assert told(real, ticket.pk, attachment.pk) == told(none, *missing), method
        seen.add(real.status_code)
    # A page of an action leads to the ticket by GET, which is a 404 then; a method that there is not is a 405.
    assert 404 in seen
    assert seen <= {404, 405, 302}
    assert Ticket.objects.filter(pk=ticket.pk).values().get() == before
    assert ticket.messages.count() == 1


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_the_owner_is_answered_otherwise(alice: User, ticket: Ticket, attachment: Attachment, name: str) -> None:
    """So that the test above cannot pass by asking for nothing."""
    browser, token = Client(), token_of(alice)
    browser.force_login(alice)
    statuses = {
        method: asked(browser, method, address(name, ticket.pk, attachment.pk), token).status_code for method in METHODS
    }
    assert set(statuses.values()) - {404, 405, 401, 403}, statuses


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_a_file_is_not_had_through_ones_own_ticket(bob: User, attachment: Attachment, name: str) -> None:
    """The address names a ticket of theirs, and somebody else's file in it."""
    if len(ADDRESSES[name]) < 2:
        return
    browser, token = Client(), token_of(bob)
    browser.force_login(bob)
    assert asked(browser, "get", address(name, make_ticket(bob).pk, attachment.pk), token).status_code == 404


def test_no_customer_comes_to_tickets_by_the_admin(bob: User, ticket: Ticket) -> None:
    browser = Client()
    browser.force_login(bob)
    models = [each for each in admin.site.get_urls() if isinstance(each, URLResolver)]
    of_tickets = {
        inner.name: tuple(inner.pattern.regex.groupindex)
        for resolver in models
        for _, inner in patterns(resolver)
        if str(inner.name).startswith("support_ticket_")
    }
    assert {"support_ticket_changelist", "support_ticket_change", "support_ticket_reply"} <= set(of_tickets)
    values = {"object_id": ticket.pk, "slug": "close", "reply": 1}
    for name, wanted in of_tickets.items():
        answer = browser.get(reverse(f"admin:{name}", args=[values[each] for each in wanted]))
        assert answer.status_code in {302, 403, 404, 405}, name
        assert ticket.subject not in answer.content.decode()
