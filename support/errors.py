from __future__ import annotations

from nexusvpn.errors import Conflict


class TicketClosed(Conflict):
    code = "ticket_closed"
    message = "This ticket is closed. Write a new one if you need more help."
