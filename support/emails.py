from __future__ import annotations

from nexusvpn.mail import queue_mail
from support.models import Ticket


def queue_ticket_answered(ticket: Ticket, message: str) -> None:
    """Queued inside the transaction that holds the answer. Says what was answered, never who of us did."""
    customer = ticket.user
    context = {
        "name": customer.full_name or customer.email,
        "subject": ticket.subject,
        "message": message,
        "path": f"/support/{ticket.pk}",
    }
    queue_mail("ticket_answered", customer.email, context)
