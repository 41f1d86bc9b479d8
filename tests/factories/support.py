from __future__ import annotations

import hashlib
import importlib
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from accounts.models import User
from nexusvpn.encryption import encrypt
from support.encrypted import content_place
from support.models import Attachment, AttachmentContent, Ticket, TicketMessage
from tests.factories.accounts import make_user

SUPPORT = ("view_ticket", "change_ticket")
QUESTION = "The tunnel stops after a minute."


def make_helper(email: str = "helper@example.com", **fields: Any) -> User:
    """Staff of support: works on tickets, and is no superuser."""
    helper = make_user(email, is_staff=True, **fields)
    helper.user_permissions.set(Permission.objects.filter(codename__in=SUPPORT))
    return helper


def make_ticket(user: User, **fields: Any) -> Ticket:
    """An open ticket with its first message; `status` closed brings its time along."""
    values: dict[str, Any] = {"subject": "My tunnel stops", **fields}
    if values.get("status") == Ticket.Status.CLOSED:
        values.setdefault("closed_at", timezone.now())
    ticket = Ticket.objects.create(user=user, **values)
    make_message(ticket, body=QUESTION, created_at=ticket.created_at)
    return ticket


def make_tickets(user: User, count: int) -> list[Ticket]:
    """Tickets a second apart, the first one the newest."""
    now = timezone.now()
    return [make_ticket(user, subject=f"Ticket {n}", updated_at=now - timedelta(seconds=n)) for n in range(count)]


def make_message(ticket: Ticket, **fields: Any) -> TicketMessage:
    """A message of the ticket's owner unless said otherwise."""
    return TicketMessage.objects.create(ticket=ticket, **{"author": ticket.user, "body": QUESTION, **fields})


def make_service_levels() -> None:
    """The standard ones, as the migration makes them; for databases that a test has emptied."""
    with connection.cursor() as cursor:
        cursor.execute(importlib.import_module("support.migrations.0004_standard_service_levels").LEVELS)


def make_attachment(message: TicketMessage, data: bytes = b"a line\n", **fields: Any) -> Attachment:
    """A text of the message's author, with its content, unless said otherwise."""
    values: dict[str, Any] = {"name": "node.log", "kind": Attachment.Kind.LOG, "sender": message.author, **fields}
    digest = hashlib.sha256(data).hexdigest()
    attachment = Attachment.objects.create(message=message, size=len(data), sha256=digest, **values)
    content = encrypt(data, content_place(attachment.pk))
    AttachmentContent.objects.create(attachment=attachment, data=content)
    return attachment
