from __future__ import annotations

from nexusvpn.errors import Conflict
from nexusvpn.languages import lazy as _


class TicketClosed(Conflict):
    code = "ticket_closed"
    message = _("This ticket is closed. Write a new one if you need more help.")


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    message = _("This was sent before with another text. Send it again if you want both.")


class TicketMerged(Conflict):
    code = "ticket_merged"
    message = _("This ticket was merged into another one.")


class CannotMerge(Conflict):
    code = "cannot_merge"
    message = _("Only two tickets of one customer can be merged.")


class NotAnsweredYet(Conflict):
    code = "not_answered_yet"
    message = _("Rate our answer when you have one.")


class RatingEnded(Conflict):
    code = "rating_ended"
    message = _("It is too late to rate this ticket.")


class AlreadyAssigned(Conflict):
    code = "already_assigned"
    message = _("A colleague has this ticket by now.")


class AttachmentsOverQuota(Conflict):
    code = "attachments_over_quota"
    message = _("Your files already take all the room that there is for one person. Send your message without them.")

    def __init__(self) -> None:
        super().__init__(fields={"files": [self.message]})


class ThreadMoved(Conflict):
    code = "thread_moved"
    message = _("Somebody wrote meanwhile: look at what is new, and send your answer once more if it still holds.")


class TooManyMails(Conflict):
    code = "too_many_mails"
    message = _("There were many mails about this ticket within an hour. Write on its page.")


class NotADraft(Conflict):
    code = "announcement_not_a_draft"
    message = _("This announcement is published already.")


class AnnouncementOver(Conflict):
    code = "announcement_over"
    message = _("This announcement is over, or was never published.")
