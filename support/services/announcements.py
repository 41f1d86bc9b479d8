"""What all customers are told, or some of them: published, seen, put away, ended, forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.audiences import people_in
from accounts.models import User
from nexusvpn.api.pagination import Page, PageRequest, fetch_page
from nexusvpn.audit import record_act
from nexusvpn.batches import delete_in_batches, delete_some
from nexusvpn.errors import NotFound
from nexusvpn.kept import Kept
from support.errors import AnnouncementOver, NotADraft
from support.markdown import render
from support.models import Announcement, AnnouncementSeen

# Every page asks for them: a process looks so often. What is published or ended is seen by everybody after this time at the latest.
KEPT_S = 15.0
# At once; more would hide the page below them. The others are on the page of announcements.
SHOWN = 2
_LISTED = ("id", "title", "body", "level", "starts_at", "ends_at")


@dataclass(frozen=True, slots=True)
class Shown:
    """An announcement as people read it."""

    id: UUID
    title: str
    body: SafeString
    level: str
    starts_at: datetime
    ends_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.ends_at is not None and self.ends_at <= timezone.now()


@dataclass(frozen=True, slots=True)
class _Banner:
    shown: Shown
    audience: dict[str, list[str]]


def _shown(pk: UUID, title: str, body: str, level: str, starts_at: datetime, ends_at: datetime | None) -> Shown:
    return Shown(pk, title, render(body), level, starts_at, ends_at)


def _read_banners() -> list[_Banner]:
    """Those that are shown now or begin while they are kept, the newest first."""
    now = timezone.now()
    begins = Q(starts_at__lte=now + timedelta(seconds=KEPT_S)) & (Q(ends_at=None) | Q(ends_at__gt=now))
    rows = Announcement.objects.filter(begins, is_published=True, has_banner=True).order_by("-starts_at", "pk")
    return [_Banner(_shown(*values), audience) for *values, audience in rows.values_list(*_LISTED, "audience")[:20]]


_banners = Kept(_read_banners, KEPT_S)


def forget_banners() -> None:
    """Let this process look again: what it keeps was changed here."""
    global _banners
    _banners = Kept(_read_banners, KEPT_S)


def banners_for(user: User) -> list[Shown]:
    """What is to be shown to a person above every page. No query where there is nothing to show to anybody, one otherwise."""
    now = timezone.now()
    current = [kept for kept in _banners.get() if kept.shown.starts_at <= now and not kept.shown.is_over]
    if not current:
        return []
    put_away, *meant = _asked_of(user, [kept.audience for kept in current])
    wanted = [kept.shown for kept, is_meant in zip(current, meant, strict=True) if is_meant]
    return [shown for shown in wanted if shown.id not in put_away][:SHOWN]


def _asked_of(user: User, audiences: list[dict[str, list[str]]]) -> tuple[Any, ...]:
    """What the person put away, then of each audience whether they are in it; in one query."""
    seen = AnnouncementSeen.objects.filter(user=OuterRef("pk")).values("announcement_id")
    asked: list[Any] = [ArraySubquery(seen)]
    for audience in audiences:
        asked.append(Exists(people_in(audience).filter(pk=OuterRef("pk"))) if audience else Value(True))
    named = {f"asked_{number}": each for number, each in enumerate(asked)}
    return tuple(User.objects.filter(pk=user.pk).annotate(**named).values_list(*named).get())


def announcements_page(user: User, wanted: PageRequest) -> Page:
    """What the person is meant by, as they are now: present and past ones, the newest first. Two queries."""
    return fetch_page(_meant_for(user), wanted, _LISTED, _shown)


def _meant_for(user: User) -> QuerySet[Announcement]:
    begun = Announcement.objects.filter(is_published=True, starts_at__lte=timezone.now())
    audiences = list(begun.order_by().values_list("audience", flat=True).distinct())
    meant = Q(audience={})
    for audience in filter(None, audiences):
        meant |= Q(audience=audience) & Q(Exists(people_in(audience).filter(pk=user.pk)))
    return begun.filter(meant)


def put_away(*, announcement_id: UUID, user: User) -> None:
    """Show a banner to this person no more; again changes nothing. Raises NotFound for what they are not meant by."""
    if not _meant_for(user).filter(pk=announcement_id).exists():
        raise NotFound
    seen = AnnouncementSeen(announcement_id=announcement_id, user=user)
    AnnouncementSeen.objects.bulk_create([seen], ignore_conflicts=True)


def publish_announcement(*, announcement_id: UUID, staff: User) -> None:
    """From its beginning on it is shown, and mailed if it is to be. Raises NotADraft."""
    # The conditional update closes the race of two members of staff: one of them published it.
    with transaction.atomic(durable=True):
        drafts = Announcement.objects.filter(pk=announcement_id, is_published=False)
        if not drafts.update(is_published=True):
            raise NotADraft
        _record("announcement_published", announcement_id, staff)
    forget_banners()


def end_announcement(*, announcement_id: UUID, staff: User) -> None:
    """Shown and mailed no more; one that has not begun is a draft again. Raises AnnouncementOver."""
    now = timezone.now()
    # The conditional updates close the race of two members of staff, and that with its beginning.
    with transaction.atomic(durable=True):
        published = Announcement.objects.filter(pk=announcement_id, is_published=True)
        running = published.filter(Q(ends_at=None) | Q(ends_at__gt=now))
        if not (
            running.filter(starts_at__gte=now).update(is_published=False)
            or running.filter(starts_at__lt=now).update(ends_at=now)
        ):
            raise AnnouncementOver
        _record("announcement_ended", announcement_id, staff)
    forget_banners()


def _record(act: str, announcement_id: UUID, staff: User) -> None:
    record_act(act, actor=staff, target=Announcement.objects.get(pk=announcement_id))


def forget_old_announcements() -> int:
    """Delete what ended ANNOUNCEMENTS_KEPT_DAYS ago; returns how many."""
    oldest = timezone.now() - timedelta(days=settings.ANNOUNCEMENTS_KEPT_DAYS)
    return delete_in_batches(Announcement.objects.filter(ends_at__lt=oldest))


def forget_put_away(user: User, batch: int) -> bool:
    """What an erased person put away. Returns whether more may be left; inside a transaction."""
    return delete_some(AnnouncementSeen.objects.filter(user=user), batch)
