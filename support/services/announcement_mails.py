"""Announcements by mail: to each who is meant and wants news, once, in the order of their ids.

`mailed_to` is up to whom it was written, in the transaction that wrote to them: a job that is killed has written to a whole batch or to
nobody of it, and the next one goes on behind it. Who joins the audience later sees the banner.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.audiences import people_in
from accounts.models import MailChoice, Notification, User
from accounts.people import greeting_name
from accounts.services.notifications import Kind, choose_mail, wants_mail
from accounts.services.outbox import queue_mail
from accounts.services.verification import address_is_known
from nexusvpn.one_by_one import one_by_one
from support.markdown import render
from support.models import Announcement
from support.tokens import Purpose, id_in, token_for

BATCH = 200
# Of one run of the job, which comes every minute and shares its worker with others.
BATCHES_AT_ONCE = 10


def announcements_to_mail() -> QuerySet[Announcement]:
    now = timezone.now()
    runs = Q(starts_at__lte=now) & (Q(ends_at=None) | Q(ends_at__gt=now))
    return Announcement.objects.filter(runs, is_published=True, has_mail=True, mailed_at=None).order_by("starts_at")


def mail_announcements() -> int:
    """Write to the next people of every announcement that is being mailed; returns to how many."""
    return sum(one_by_one(_mail_some, list(announcements_to_mail().values_list("pk", flat=True))))


def _mail_some(announcement_id: UUID) -> int:
    written = 0
    for _ in range(BATCHES_AT_ONCE):
        announcement = announcements_to_mail().filter(pk=announcement_id).first()
        if announcement is None:
            break
        people = _next_people(announcement)
        written += _mail_batch(announcement, people)
    return written


def _next_people(announcement: Announcement) -> list[User]:
    people = people_in(announcement.audience).order_by("pk")
    if announcement.mailed_to is not None:
        people = people.filter(pk__gt=announcement.mailed_to)
    return list(people[:BATCH])


def _mail_batch(announcement: Announcement, people: list[User]) -> int:
    """Write to them, or find them all written to when there is nobody; returns to how many."""
    # The conditional update closes the race of two jobs: who comes second waits for the first one's commit and finds it moved on.
    with transaction.atomic(durable=True):
        claimed = announcements_to_mail().filter(pk=announcement.pk, mailed_to=announcement.mailed_to)
        if announcement.mailed_to is None:
            claimed = announcements_to_mail().filter(pk=announcement.pk, mailed_to__isnull=True)
        if not people:
            claimed.order_by().update(mailed_at=timezone.now())
            return 0
        if not claimed.order_by().update(mailed_to=people[-1].pk):
            return 0
        _tell(announcement, people)
    return len(people)


def _tell(announcement: Announcement, people: list[User]) -> None:
    """A line in the list of each, and a mail to whoever wants news and whose address is known to be theirs."""
    notes = [
        Notification(user=user, kind=Kind.NEWS, title=announcement.title, link="/announcements") for user in people
    ]
    Notification.objects.bulk_create(notes)
    refused = MailChoice.objects.filter(user__in=people, kind=Kind.NEWS, wanted=False)
    silent = set(refused.values_list("user_id", flat=True))
    body = render(announcement.body).replace('href="/', f'href="{settings.SITE_URL}/')
    for user in people:
        if user.pk not in silent and address_is_known(user):
            _queue(announcement, user, body)


def _queue(announcement: Announcement, user: User, body: str) -> None:
    link = f"{settings.SITE_URL}/unsubscribe/{token_for(Purpose.NO_NEWS, user.pk)}"
    context = {
        "name": greeting_name(user),
        "title": announcement.title,
        "text": announcement.body,
        "html": body,
        "unsubscribe": link,
    }
    # RFC 8058: mail programs offer a button that needs neither a page nor a sign-in.
    headers = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    queue_mail("announcement", user.email, context, user=user, headers={**headers, "Auto-Submitted": "auto-generated"})


def reader_of(token: str) -> User | None:
    """Whose link to unsubscribe this is; None for one that is none, or whose account is gone."""
    user_id = id_in(Purpose.NO_NEWS, token)
    return None if user_id is None else User.objects.filter(pk=user_id, erased_at=None).first()


def unsubscribe(user: User) -> None:
    """No news by mail any more; again changes nothing."""
    if wants_mail(user, Kind.NEWS):
        choose_mail(user=user, kind=Kind.NEWS, wanted=False)
