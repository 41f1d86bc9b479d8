"""The admin's pages of a ticket, and what is answered there."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from support.models import Ticket
from tests.admin.addresses import change

ANSWER = "Restart it, please."


def at(ticket: Ticket, page: str, *args: Any) -> str:
    return reverse(f"admin:support_ticket_{page}", args=[ticket.pk, *args])


def shown(browser: Client, ticket: Ticket, query: str = "") -> str:
    page = browser.get(change(ticket) + query)
    assert page.status_code == 200
    return str(page.content.decode())
