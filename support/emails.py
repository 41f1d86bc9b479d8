from __future__ import annotations

from accounts.people import greeting_name
from accounts.services.notifications import Kind, notify
from nexusvpn.texts import without_links
from support.models import Ticket


def queue_ticket_answered(ticket: Ticket, message: str) -> None:
    """Queued inside the transaction that holds the answer. Says what was answered, never who of us did."""
    customer = ticket.user
    context = {
        "name": greeting_name(customer),
        "subject": without_links(ticket.subject),
        "message": message,
        "path": f"/support/{ticket.pk}",
    }
    title = f"Support answered: {ticket.subject}"
    notify(customer, Kind.SUPPORT, title[:120], link=context["path"], mail="ticket_answered", context=context)
