from __future__ import annotations

from nexusvpn.errors import Conflict


class TicketClosed(Conflict):
    code = "ticket_closed"
    message = "This ticket is closed. Write a new one if you need more help."


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    message = "This was sent before with another text. Send it again if you want both."


class TicketMerged(Conflict):
    code = "ticket_merged"
    message = "This ticket was merged into another one."


class CannotMerge(Conflict):
    code = "cannot_merge"
    message = "Only two tickets of one customer can be merged."


class NotAnsweredYet(Conflict):
    code = "not_answered_yet"
    message = "Rate our answer when you have one."


class RatingEnded(Conflict):
    code = "rating_ended"
    message = "It is too late to rate this ticket."


class AlreadyAssigned(Conflict):
    code = "already_assigned"
    message = "A colleague has this ticket by now."


class AttachmentsOverQuota(Conflict):
    code = "attachments_over_quota"
    message = "Your files already take all the room that there is for one person. Send your message without them."

    def __init__(self) -> None:
        super().__init__(fields={"files": [self.message]})


class ThreadMoved(Conflict):
    code = "thread_moved"
    message = "Somebody wrote meanwhile: look at what is new, and send your answer once more if it still holds."


class TooManyMails(Conflict):
    code = "too_many_mails"
    message = "There were many mails about this ticket within an hour. Write on its page."


class NotADraft(Conflict):
    code = "announcement_not_a_draft"
    message = "This announcement is published already."


class AnnouncementOver(Conflict):
    code = "announcement_over"
    message = "This announcement is over, or was never published."
