from __future__ import annotations

from nexusvpn.errors import Conflict


class TicketClosed(Conflict):
    code = "ticket_closed"
    message = "This ticket is closed. Write a new one if you need more help."


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    message = "This was sent before with another text. Send it again if you want both."


class AttachmentsOverQuota(Conflict):
    code = "attachments_over_quota"
    message = "Your files already take all the room that there is for one person. Send your message without them."

    def __init__(self) -> None:
        super().__init__(fields={"files": [self.message]})
