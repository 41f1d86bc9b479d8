"""When a customer may say what they think of our answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from support.errors import NotAnsweredYet, RatingEnded, TicketMerged
from support.models import Ticket, TicketMessage

# After the closing a rating may still be given or changed for so long.
RATING_LASTS = timedelta(days=14)


def asks_for_rating(ticket: Ticket, at: datetime) -> bool:
    """Whether its page asks its customer what they think: while they have our answer and may still say it. Costs no query."""
    answered = ticket.first_answered_at is not None or ticket.status == Ticket.Status.ANSWERED
    over = ticket.closed_at is not None and at > ticket.closed_at + RATING_LASTS
    return answered and not over and ticket.status != Ticket.Status.OPEN and ticket.merged_into_id is None


def check_can_rate(ticket: Ticket, at: datetime) -> None:
    """Raises TicketMerged, RatingEnded or NotAnsweredYet."""
    if ticket.merged_into_id is not None:
        raise TicketMerged
    if ticket.closed_at is not None and at > ticket.closed_at + RATING_LASTS:
        raise RatingEnded
    if not TicketMessage.objects.without_notes().filter(ticket=ticket, by_staff=True).exists():
        raise NotAnsweredYet
