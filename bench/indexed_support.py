"""The tables of P16 about support: threads and their files, mails that came, announcements."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Sum

from bench.cases import OLD, PAGE, SOMEBODY, STAFFS_PAGE, Case, Filled
from bench.filling import owner_id, owner_sql
from support.models import (
    Announcement,
    AnnouncementSeen,
    Attachment,
    IdempotencyKey,
    InboundMail,
    Ticket,
    TicketMessage,
)


def support_tables(rows: int, now: datetime, oldest: datetime, owner: str) -> list[Filled]:
    return [*_threads(oldest, owner), _files(rows, now, owner), _mails(), *_news(now, owner)]


def _threads(oldest: datetime, owner: str) -> list[Filled]:
    tickets = {
        "user_id": owner,
        "status": "CASE n %% 1000 WHEN 0 THEN 'open' WHEN 1 THEN 'answered' ELSE 'closed' END",
        "closed_at": "CASE WHEN n %% 1000 > 1 THEN now() END",
        "subject": "'Tunnel number ' || n",
        "answer_due": "CASE WHEN n %% 1000 = 0 THEN now() + (n / 1000 - 50) * interval '1 minute' END",
        # Of those that wait for us half are nobody's.
        "assignee_id": f"CASE WHEN n %% 2000 <> 0 THEN {owner} END",
    }
    due_first = Ticket.objects.order_by("due_at", "updated_at", "id")
    mine = due_first.filter(assignee=owner_id(0)).exclude(status="closed")
    found = Ticket.objects.annotate(words=SearchVector("subject", config="simple")).order_by()
    word = SearchQuery("4711:*", search_type="raw", config="simple")
    thread = TicketMessage.objects.filter(ticket=SOMEBODY).order_by("created_at", "id")
    keys = {"user_id": owner, "key": "n::text", "message_id": "md5(n::text)::uuid"}
    return [
        Filled(
            Ticket,
            tickets,
            [
                Case("ticket_user_updated_idx", Ticket.objects.filter(user=SOMEBODY)[:PAGE], hot=True),
                Case(
                    "ticket_status_updated_idx",
                    Ticket.objects.filter(status="answered").order_by("updated_at", "id")[:STAFFS_PAGE],
                ),
                Case("ticket_updated_idx", Ticket.objects.order_by("-updated_at", "-id")[:STAFFS_PAGE]),
                # Where few are open, as many as a page has, sorting them costs no more.
                Case(
                    "ticket_open_due_idx",
                    due_first.filter(status="open")[:STAFFS_PAGE],
                    beside=("ticket_status_updated_idx",),
                ),
                Case("ticket_unassigned_idx", due_first.filter(status="open", assignee=None)[:STAFFS_PAGE]),
                Case("ticket_assignee_due_idx", mine[:STAFFS_PAGE], beside=("ticket_assignee_idx",)),
                Case("ticket_subject_idx", found.filter(words=word)[:STAFFS_PAGE]),
            ],
        ),
        Filled(
            TicketMessage,
            {"ticket_id": owner},
            [
                Case("message_ticket_created_idx", thread, hot=True),
                Case("message_created_idx", TicketMessage.objects.order_by("-created_at")[:PAGE]),
            ],
        ),
        Filled(
            IdempotencyKey,
            keys,
            [
                Case("idempotency_key_unique", IdempotencyKey.objects.filter(user=SOMEBODY, key="7")),
                Case("idempotency_message_idx", IdempotencyKey.objects.filter(message=SOMEBODY)),
                Case("idempotency_created_idx", IdempotencyKey.objects.filter(created_at__lt=oldest)),
            ],
        ),
    ]


def _files(rows: int, now: datetime, owner: str) -> Filled:
    # The older half was removed after its time, but for some that should be by now.
    kept = rows // 2
    files = {
        "message_id": owner_sql(rows // 2),
        "sender_id": owner,
        "size": "1000",
        "removed_at": f"CASE WHEN n > {kept} THEN now() END",
    }
    there = Attachment.objects.filter(removed_at=None)
    page = [owner_id(number) for number in range(PAGE)]
    return Filled(
        Attachment,
        files,
        [
            Case("attachment_message_idx", Attachment.objects.filter(message__in=page)),
            Case(
                "attachment_sender_idx",
                there.filter(sender=SOMEBODY).order_by().values("sender").annotate(Sum("size")),
            ),
            Case(
                "attachment_kept_idx",
                there.filter(created_at__lt=now - timedelta(seconds=kept - OLD)).order_by("created_at")[:STAFFS_PAGE],
            ),
        ],
    )


def _mails() -> Filled:
    fingerprint = hashlib.md5(b"4711", usedforsecurity=False).hexdigest()
    return Filled(
        InboundMail,
        {"fingerprint": "md5(n::text)"},
        [
            Case("inbound_mail_once", InboundMail.objects.filter(fingerprint=fingerprint)),
            Case("inbound_mail_time_idx", InboundMail.objects.all()[:STAFFS_PAGE]),
        ],
    )


def _news(now: datetime, owner: str) -> list[Filled]:
    # Of a thousand one is a banner, and one is still to be mailed.
    announcements = {
        "is_published": "n %% 1000 < 2",
        "has_banner": "n %% 1000 = 0",
        "has_mail": "n %% 1000 = 1",
    }
    begun = Announcement.objects.filter(is_published=True, starts_at__lte=now)
    return [
        Filled(
            Announcement,
            announcements,
            [
                Case("announcement_banner_idx", begun.filter(has_banner=True)),
                Case("announcement_mail_idx", begun.filter(has_mail=True, mailed_at=None).order_by("starts_at")),
            ],
        ),
        Filled(
            AnnouncementSeen,
            {"user_id": owner, "announcement_id": "gen_random_uuid()"},
            [Case("announcement_seen_once", AnnouncementSeen.objects.filter(user=SOMEBODY).values("announcement_id"))],
        ),
    ]
