"""Customers with a plan and a token, made in bulk as the services would have made them one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import Session, User
from accounts.services.sessions import TOKEN_PREFIX, hash_key
from billing.models import Plan, PlanGrant
from support.models import Ticket, TicketMessage


@dataclass(frozen=True)
class Person:
    user: User
    token: str

    @property
    def id(self) -> UUID:
        return self.user.pk


def make_people(count: int, plan: str = "pro") -> list[Person]:
    """Customers who have `plan`, whose address is verified, and who are signed in with a token."""
    now = timezone.now()
    users = [User(email=f"{uuid4().hex}@bench.example", password="!", email_verified_at=now) for _ in range(count)]
    User.objects.bulk_create(users, batch_size=2000)
    granted = Plan.objects.get(code=plan)
    PlanGrant.objects.bulk_create(
        [PlanGrant(user=user, plan=granted, reason="Benchmark") for user in users], batch_size=2000
    )
    people = [Person(user, f"{TOKEN_PREFIX}{uuid4().hex}{uuid4().hex[:11]}") for user in users]
    ends = now + timedelta(days=30)
    Session.objects.bulk_create(
        [
            Session(
                user=person.user,
                kind=Session.Kind.TOKEN,
                key_hash=hash_key(person.token),
                expires_at=ends,
                ip_address="127.0.0.1",
                user_agent="bench",
            )
            for person in people
        ],
        batch_size=2000,
    )
    return people


def make_tickets(people: Sequence[Person], each: int) -> list[Ticket]:
    """`each` open tickets of every person, each with its first message."""
    now = timezone.now()
    tickets = [
        Ticket(user=person.user, subject=f"The tunnel stops after {n} minutes", updated_at=now - timedelta(seconds=n))
        for person in people
        for n in range(each)
    ]
    Ticket.objects.bulk_create(tickets, batch_size=2000)
    messages = [
        TicketMessage(ticket=ticket, author=ticket.user, body="It stops again and again.") for ticket in tickets
    ]
    TicketMessage.objects.bulk_create(messages, batch_size=2000)
    return tickets
