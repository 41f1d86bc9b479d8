"""Rows whose every text is a payload. Written past the services, as if their checks had failed: what is shown must not depend on them.

`seed` runs in a process of its own (`manage.py shell`), since Django refuses the database where a browser is driven.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.utils import timezone

PAYLOADS: list[str] = [
    json.loads(line) for line in Path(__file__).with_name("payloads.txt").read_text(encoding="ascii").splitlines()
]
ALL = "\n\n".join(PAYLOADS)


def cut(length: int) -> list[str]:
    """The payloads as a column of that length holds them, each once where it tells no capitals from small letters."""
    return list({text[:length].lower(): text[:length] for text in PAYLOADS}.values())


def seed(email: str) -> str:
    """Everything of one customer and of the desk; returns ids that the pages need, as JSON."""
    from accounts.models import User

    user = User.objects.get(email=email)
    user.full_name = PAYLOADS[0]
    user.save(update_fields=["full_name"])
    device = _devices(user.pk)
    found = _tickets(user.pk, device)
    _desk()
    return json.dumps({"device": str(device), **_articles(), **found})


def _devices(user_id: UUID) -> UUID:
    from tests.factories.vpn import new_key
    from vpn.models import Location, VpnConfig

    location = Location.objects.get(slug="demo-1")
    made = VpnConfig.objects.bulk_create(
        VpnConfig(user_id=user_id, location=location, name=name, public_key=new_key()) for name in cut(64)
    )
    return made[0].pk


def _tickets(user_id: UUID, device: UUID) -> dict[str, str]:
    from support.models import Tag, Ticket, TicketMessage
    from tests.factories.support import make_attachment

    now = timezone.now()
    listed = Ticket.objects.bulk_create(Ticket(user_id=user_id, subject=text, updated_at=now) for text in PAYLOADS)
    TicketMessage.objects.bulk_create(TicketMessage(ticket=each, author_id=user_id, body=ALL) for each in listed)
    thread = Ticket.objects.create(user_id=user_id, subject=PAYLOADS[1], device_id=device, device_name=PAYLOADS[2])
    for number, text in enumerate(PAYLOADS):
        at, by_staff = now + timedelta(seconds=number), number % 2 == 1
        message = TicketMessage.objects.create(
            ticket=thread, author_id=user_id, body=text, by_staff=by_staff, created_at=at
        )
        make_attachment(message, name=text[:100])
    thread.tags.set(Tag.objects.bulk_create(Tag(name=text) for text in cut(40)))
    rated = {"status": "closed", "closed_at": now, "rating": 1, "rated_at": now, "rating_comment": ALL[:1000]}
    closed = Ticket.objects.create(user_id=user_id, subject=PAYLOADS[3], **rated)
    TicketMessage.objects.create(ticket=closed, author_id=user_id, body=ALL)
    return {"thread": str(thread.pk), "closed": str(closed.pk), "listed": str(listed[0].pk)}


def _articles() -> dict[str, str]:
    from support.models import ArticleCategory
    from tests.factories.articles import make_article

    category = ArticleCategory.objects.create(slug="hostile", name=PAYLOADS[4][:80])
    for number, text in enumerate(PAYLOADS):
        make_article(f"p-{number}", title=text[:160], body=f"{text}\n\nzebra", category=category)
    article = make_article("hostile", title=PAYLOADS[5], body=ALL, category=category)
    return {"article": str(article.pk)}


def _desk() -> None:
    from support.models import Announcement, CannedReply

    CannedReply.objects.bulk_create(CannedReply(title=text[:120], body=ALL[:5000]) for text in PAYLOADS)
    for number, text in enumerate(PAYLOADS[:3]):
        # A body for each third, so that all of them are shown once.
        Announcement.objects.create(title=text[:120], body="\n\n".join(PAYLOADS[number::3]), is_published=True)


def later_message(thread: str) -> None:
    """One more message, for pages that are open."""
    from support.models import Ticket
    from tests.factories.support import make_attachment, make_message

    message = make_message(Ticket.objects.get(pk=thread), body=ALL, author=None, by_staff=True)
    make_attachment(message, name=PAYLOADS[30][:100])


def texts_of(names: Sequence[str]) -> list[str]:
    """As a browser gives text back: blanks in a row are one."""
    return [" ".join(name.split()) for name in names]
