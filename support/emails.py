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


def tell_closed(ticket: Ticket) -> None:
    """A line in the customer's list; a mail would say nothing that they can answer."""
    title = f"Ticket closed: {ticket.subject}"
    notify(ticket.user, Kind.SUPPORT, title[:120], link=f"/support/{ticket.pk}")


def tell_merged(source: Ticket, target: Ticket) -> None:
    title = f"Ticket goes on in another: {source.subject}"
    notify(target.user, Kind.SUPPORT, title[:120], link=f"/support/{target.pk}")
