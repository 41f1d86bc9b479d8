"""What is held of mails that came in and of announcements: in words, and for a person's export."""

from __future__ import annotations

from django.db.models import F

from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from nexusvpn.languages import lazy as _
from support.models import AnnouncementSeen


def register_news() -> None:
    register_section(
        "announcements_put_away",
        _("Announcements that you put away."),
        lambda user: rows_of(
            AnnouncementSeen.objects.filter(user=user).order_by("pk"), "seen_at", title=F("announcement__title")
        ),
    )
    register_stored(
        StoredKind(
            "support.InboundMail",
            _("That a mail came to one of our addresses for answers, a hash of its number, and whether it was taken."),
            _("So that a mail that comes twice is in its thread once."),
            _("{INBOUND_MAILS_KEPT_DAYS} days."),
            not_exported=_("What it said is in the section “tickets”; this is a hash."),
        ),
        StoredKind(
            "support.Announcement",
            _("What we told all customers, or some of them."),
            _("So that you can read it."),
            _("{ANNOUNCEMENTS_KEPT_DAYS} days after its end."),
            about_people=False,
        ),
        StoredKind(
            "support.AnnouncementSeen",
            _("Which announcements you put away."),
            _("So that they are not shown to you again."),
            _("As long as the announcement."),
            section="announcements_put_away",
        ),
    )
