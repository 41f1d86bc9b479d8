"""What is held of mails that came in and of announcements: in words, and for a person's export."""

from __future__ import annotations

from django.db.models import F

from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from support.models import AnnouncementSeen


def register_news() -> None:
    register_section(
        "announcements_put_away",
        "Announcements that you put away.",
        lambda user: rows_of(
            AnnouncementSeen.objects.filter(user=user).order_by("pk"), "seen_at", title=F("announcement__title")
        ),
    )
    register_stored(
        StoredKind(
            "support.InboundMail",
            "That a mail came to one of our addresses for answers, a hash of its number, and whether it was taken.",
            "So that a mail that comes twice is in its thread once.",
            "{INBOUND_MAILS_KEPT_DAYS} days.",
            not_exported="What it said is in the section “tickets”; this is a hash.",
        ),
        StoredKind(
            "support.Announcement",
            "What we told all customers, or some of them.",
            "So that you can read it.",
            "{ANNOUNCEMENTS_KEPT_DAYS} days after its end.",
            about_people=False,
        ),
        StoredKind(
            "support.AnnouncementSeen",
            "Which announcements you put away.",
            "So that they are not shown to you again.",
            "As long as the announcement.",
            section="announcements_put_away",
        ),
    )
