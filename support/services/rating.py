"""When a customer may say what they think of our answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from support.errors import NotAnsweredYet, RatingEnded, TicketMerged
from support.models import Ticket, TicketMessage

# After the closing a rating may still be given or changed for so long.
RATING_LASTS = timedelta(days=14)


def check_can_rate(ticket: Ticket, at: datetime) -> None:
    """Raises TicketMerged, RatingEnded or NotAnsweredYet."""
    if ticket.merged_into_id is not None:
        raise TicketMerged
    if ticket.closed_at is not None and at > ticket.closed_at + RATING_LASTS:
        raise RatingEnded
    if not TicketMessage.objects.without_notes().filter(ticket=ticket, by_staff=True).exists():
        raise NotAnsweredYet
