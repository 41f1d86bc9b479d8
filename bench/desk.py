"""A support desk of any size, and every list of tickets and messages that somebody looks at, as statements that can be looked into."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session, User
from bench.filling import fill_table, owner_id, owner_sql
from support.models import Attachment, Tag, Ticket, TicketMessage
from support.services.inbox import VIEWS

# Tickets of one person, messages of a ticket, colleagues; of a hundred tickets one waits for us and one for its customer.
EACH, MESSAGES, STAFF, A_HUNDRED = 20, 10, 20, 100
TAGS = 20
SOMEBODY, A_TICKET = owner_id(7), owner_id(100)


@dataclass(frozen=True)
class Asked:
    """One statement of a list, as it was executed."""

    sql: str
    params: Any

    def explain(self) -> dict[str, Any]:
        """PostgreSQL's own account of executing it: the plan with buffers, and the time."""
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {self.sql}", self.params)
            answer = cursor.fetchone()[0]
        found: dict[str, Any] = (json.loads(answer) if isinstance(answer, str) else answer)[0]
        return found


def fill_desk(tickets: int) -> None:
    """So many tickets of people with EACH of them, MESSAGES in each; the last one was written a second ago, as was the newest ticket."""
    people = tickets // EACH
    owner, ticket = owner_sql(people), owner_sql(tickets)
    who = {"id": owner, "email": "n || '@bench.example'", "referral_code": "n::text", "password": "'!'"}
    fill_table(User, people, {**who, "is_active": "true", "email_verified_at": "now()", "is_staff": f"n <= {STAFF}"})
    colleague = f"md5((n / {A_HUNDRED} %% {STAFF} + 1)::text)::uuid"
    waits = f"n %% {A_HUNDRED} = 0"
    due = "now() + (n / 100 %% 2000 - 500) * interval '1 minute'"
    columns = {
        "id": ticket,
        "user_id": owner,
        "subject": "'The tunnel number ' || n || ' stops'",
        "status": f"CASE n %% {A_HUNDRED} WHEN 0 THEN 'open' WHEN 1 THEN 'answered' ELSE 'closed' END",
        "priority": "(ARRAY['low', 'medium', 'high'])[n %% 3 + 1]",
        "category": "(ARRAY['connection', 'devices', 'other'])[n %% 3 + 1]",
        "closed_at": f"CASE WHEN n %% {A_HUNDRED} > 1 THEN now() END",
        # Of those that wait for us a quarter is nobody's yet.
        "assignee_id": f"CASE WHEN n %% {4 * A_HUNDRED} <> 0 THEN {colleague} END",
        "clock_since": f"CASE WHEN {waits} THEN now() - n * interval '1 second' END",
        "answer_due": f"CASE WHEN {waits} THEN {due} END",
        "resolution_due": f"CASE WHEN {waits} THEN {due} + interval '1 day' END",
    }
    fill_table(Ticket, tickets, columns)
    Tag.objects.bulk_create([Tag(name=f"tag-{n}") for n in range(TAGS)])
    first = Tag.objects.order_by("id").values_list("pk", flat=True)[0]
    # One of fifty tickets has a tag.
    fill_table(
        Ticket.tags.through,
        tickets // 50,
        {"ticket_id": "md5((n * 50)::text)::uuid", "tag_id": f"{first} + n %% {TAGS}"},
    )
    message = {
        "id": _numbered("n"),
        "ticket_id": ticket,
        "author_id": f"CASE WHEN n %% 2 = 0 THEN {colleague} ELSE md5((n %% {tickets} %% {people})::text)::uuid END",
        "by_staff": "n %% 2 = 0",
        "body": "'It stops again and again, and this is what I have tried since.'",
        "via": "'web'",
    }
    with _indexed_afterwards(TicketMessage):
        fill_table(TicketMessage, tickets * MESSAGES, message)
    file = {"message_id": _numbered("n * 20"), "name": "'log.txt'", "kind": "'txt'", "size": "1000"}
    fill_table(Attachment, tickets // 2, file)


def _numbered(number: str) -> str:
    """An id that grows with the row's number, so that ten million of them are written one after the other."""
    return f"lpad(to_hex({number}), 32, '0')::uuid"


@contextmanager
def _indexed_afterwards(model: type[Model]) -> Iterator[None]:
    """Without the table's plain indexes, which are made anew at the end: sooner than by keeping them true row by row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname = ANY (%s)",
            [model._meta.db_table, [index.name for index in model._meta.indexes]],
        )
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _, definition in found:
            cursor.execute(definition)


def analyze() -> None:
    with connection.cursor() as cursor:
        for model in (User, Tag, Ticket, Ticket.tags.through, TicketMessage, Attachment):
            cursor.execute(f'ANALYZE "{model._meta.db_table}"')


def browser_of(user_id: UUID) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(pk=user_id))
    Session.objects.filter(user=user_id).update(second_factor_at=timezone.now())
    return client


def lists() -> dict[str, Callable[[], Any]]:
    """What customers and staff look at: each gives the answer to one request."""
    User.objects.filter(pk=owner_id(1)).update(is_superuser=True)
    customer, staff = browser_of(SOMEBODY), browser_of(owner_id(1))
    inbox, number = reverse("admin:support_ticket_changelist"), TAGS // 2
    thread = reverse("admin:support_ticket_change", args=[A_TICKET])
    asked: dict[str, tuple[Client, str]] = {
        "my tickets": (customer, reverse("support")),
        "my thread": (customer, reverse("ticket", args=[_ticket_of(SOMEBODY)])),
        **{f"inbox: {view}": (staff, f"{inbox}?view={view}") for view in VIEWS},
        "inbox, page 20": (staff, f"{inbox}?view=closed&p=20"),
        "inbox, of a priority": (staff, f"{inbox}?view=waiting&priority__exact=high"),
        "inbox, of a colleague": (staff, f"{inbox}?view=waiting&assignee={owner_id(2)}"),
        "inbox, of a tag": (staff, f"{inbox}?view=waiting&tag=tag-{number}"),
        "inbox, found by a word": (staff, f"{inbox}?q=tunnel+4711"),
        "inbox, found by an address": (staff, f"{inbox}?q=7@bench.example"),
        "staff's thread": (staff, thread),
        "staff's thread, earlier": (staff, f"{thread}?before={_last_of(A_TICKET)}"),
        "staff's home": (staff, reverse("admin:index")),
    }
    return {name: _getter(client, address) for name, (client, address) in asked.items()}


def _ticket_of(user_id: UUID) -> UUID:
    return Ticket.objects.filter(user=user_id).values_list("pk", flat=True)[0]


def _last_of(ticket_id: UUID) -> UUID:
    return TicketMessage.objects.filter(ticket=ticket_id).order_by("-created_at", "-id").values_list("pk", flat=True)[0]


def _getter(client: Client, address: str) -> Callable[[], Any]:
    return lambda: client.get(address)


@contextmanager
def statements_about(*tables: str) -> Iterator[list[Asked]]:
    """The statements inside that read these tables first: lists, not what somebody may do."""
    found: list[Asked] = []

    def record(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and any(f'FROM "{table}"' in sql for table in tables):
            found.append(Asked(sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        yield found


def statements_of(ask: Callable[[], Any]) -> list[Asked]:
    """Of one list: those that read tickets, messages or files. Raises RuntimeError for an answer that is none."""
    with statements_about("support_ticket", "support_ticketmessage", "support_attachment") as found:
        answer = ask()
    if answer.status_code != 200:
        raise RuntimeError(f"the answer is {answer.status_code}")
    return found
