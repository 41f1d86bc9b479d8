from __future__ import annotations

from nexusvpn.errors import Conflict


class TicketClosed(Conflict):
    code = "ticket_closed"
    message = "This ticket is closed. Write a new one if you need more help."


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    message = "This was sent before with another text. Send it again if you want both."
