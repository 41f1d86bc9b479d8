"""Rows of tickets, articles and announcements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.db.models import Model

from support.models import (
    Announcement,
    AnnouncementSeen,
    Article,
    ArticleCategory,
    ArticleVote,
    Attachment,
    AttachmentContent,
    CannedReply,
    IdempotencyKey,
    InboundMail,
    LegalPage,
    ServiceLevel,
    Tag,
    Ticket,
    TicketMessage,
)
from tests.admin.rows.accounts import new_user
from tests.factories.articles import make_article
from tests.factories.support import make_attachment, make_ticket


def new_key_of_a_message() -> IdempotencyKey:
    ticket = make_ticket(new_user())
    values = {"key": uuid4().hex, "fingerprint": "0" * 64, "message": ticket.messages.get()}
    return IdempotencyKey.objects.create(user=ticket.user, **values)


def new_attachment() -> Attachment:
    return make_attachment(make_ticket(new_user()).messages.get())


MAKERS: dict[type[Model], Callable[[], Any]] = {
    Article: lambda: make_article(f"article-{uuid4().hex[:8]}"),
    ArticleCategory: lambda: ArticleCategory.objects.create(slug=f"c-{uuid4().hex[:8]}", name="Connection"),
    ArticleVote: lambda: ArticleVote.objects.create(
        article=make_article(f"article-{uuid4().hex[:8]}"), user=new_user(), helped=True
    ),
    # More than there are kinds and languages: the database knows neither.
    LegalPage: lambda: LegalPage.objects.create(kind=uuid4().hex[:8], body="## What holds"),
    Ticket: lambda: make_ticket(new_user()),
    TicketMessage: lambda: make_ticket(new_user()).messages.get(),
    IdempotencyKey: new_key_of_a_message,
    Attachment: new_attachment,
    AttachmentContent: lambda: new_attachment().content,
    CannedReply: lambda: CannedReply.objects.create(title=uuid4().hex, body="Hello {name}"),
    ServiceLevel: lambda: ServiceLevel.objects.create(
        plan=uuid4().hex, priority="low", answer_minutes=60, resolution_minutes=480
    ),
    Tag: lambda: Tag.objects.create(name=uuid4().hex),
    InboundMail: lambda: InboundMail.objects.create(fingerprint=uuid4().hex, state=InboundMail.State.IGNORED),
    Announcement: lambda: Announcement.objects.create(title="Work at night", body="From **two** on."),
    AnnouncementSeen: lambda: AnnouncementSeen.objects.create(
        announcement=Announcement.objects.create(title="Work at night", body="From two on."), user=new_user()
    ),
}
