"""Everything that we hold about a person, for them: asked for, made by a job, kept encrypted for a while."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.deferred import make_export_soon
from accounts.encrypted import export_place
from accounts.errors import ExportNotReady
from accounts.locks import lock_person
from accounts.models import DataExport, Notification, User
from accounts.privacy import sections
from accounts.services.notifications import notify
from nexusvpn.audit import record_act
from nexusvpn.encryption import decrypt, encrypt
from nexusvpn.errors import NotAuthenticated, RateLimited
from nexusvpn.languages import speaking

A_DAY = 3
DAY = timedelta(days=1)
# One that waits for longer has lost its job.
LOST_AFTER = timedelta(minutes=10)
NOTE = gettext_lazy(
    "Everything that we hold about you. Times are UTC, sizes are bytes. "
    "Your password, keys and codes are not here: we hold hashes of them, or keep them encrypted."
)


def request_export(*, user: User, by: User | None = None) -> DataExport:
    """The person's export that is being made, begun now unless one is under way; `by` is the member of staff who asks for it.

    Raises RateLimited after three in a day.
    """
    # The lock closes the race of two requests: the second finds the first one's export.
    with transaction.atomic(durable=True):
        now = lock_person(user.pk)
        if now is None or not now.is_active:
            raise NotAuthenticated
        under_way = DataExport.objects.filter(user=user, state=DataExport.State.QUEUED).first()
        if under_way is not None:
            return under_way
        _check_number(user)
        export = DataExport.objects.create(user=user)
        record_act("export_requested", actor=by or user, person=user.pk, target=export)
        make_export_soon(export.pk)
    return export


def _check_number(user: User) -> None:
    """Raises RateLimited. Those that failed do not count."""
    recent = DataExport.objects.filter(user=user, created_at__gt=timezone.now() - DAY)
    made = list(recent.exclude(state=DataExport.State.FAILED).values_list("created_at", flat=True)[:A_DAY])
    if len(made) >= A_DAY:
        wait = made[-1] + DAY - timezone.now()
        raise RateLimited(
            _("You can have %(count)s exports a day. Try again later.") % {"count": A_DAY},
            retry_after=max(1, int(wait.total_seconds()) + 1),
        )


def make_export(export_id: UUID) -> None:
    """Collect, encrypt and tell. May be repeated: what is not waiting is left alone."""
    export = DataExport.objects.select_related("user").filter(pk=export_id, state=DataExport.State.QUEUED).first()
    if export is None:
        return
    try:
        content = encrypt(zlib.compress(orjson.dumps(collect(export.user))), export_place(export.pk))
    except Exception:
        DataExport.objects.filter(pk=export.pk).update(state=DataExport.State.FAILED, expires_at=timezone.now() + DAY)
        raise
    now = timezone.now()
    # Claimed by the conditional update: of two jobs one tells.
    with transaction.atomic(durable=True):
        expires = now + timedelta(days=settings.EXPORT_KEPT_DAYS)
        waiting = DataExport.objects.filter(pk=export.pk, state=DataExport.State.QUEUED)
        if waiting.update(state=DataExport.State.READY, content=content, ready_at=now, expires_at=expires):
            _tell(export.user, expires)


def _tell(user: User, expires: datetime) -> None:
    notify(
        user,
        Notification.Kind.SECURITY,
        gettext_lazy("Your data is ready"),
        lambda: _("Download it until %(day)s.") % {"day": date_format(expires, "DATE_FORMAT")},
        link="/settings/privacy",
        mail="export_ready",
        context={"expires": expires},
    )


def collect(user: User) -> dict[str, Any]:
    """What the file says: a heading, and each section with what it is, in the person's language. Plain values for JSON."""
    parts = sections()
    with speaking(user.language):
        heading = {
            "service": settings.SITE_URL,
            "made_at": timezone.now(),
            "person": user.pk,
            "note": str(NOTE),
            "sections": {part.name: str(part.about) for part in parts},
        }
        return {"heading": heading, **{part.name: part.collect(user) for part in parts}}


def latest_export(user: User) -> DataExport | None:
    """The newest that has not expired, without its content."""
    newest = DataExport.objects.filter(user=user).defer("content").first()
    over = newest is not None and newest.expires_at is not None and newest.expires_at <= timezone.now()
    return None if over else newest


def read_export(*, user: User) -> bytes:
    """The JSON of the person's newest export; raises ExportNotReady. It is written down that it was read."""
    ready = DataExport.objects.filter(user=user, state=DataExport.State.READY, expires_at__gt=timezone.now())
    export = ready.first()
    if export is None:
        raise ExportNotReady
    record_act("export_downloaded", actor=user, person=user.pk, target=export)
    return zlib.decompress(decrypt(bytes(export.content), export_place(export.pk)))


def make_lost_exports() -> int:
    """Ask again for the jobs of exports that have waited too long; returns how many."""
    lost = DataExport.objects.filter(state=DataExport.State.QUEUED, created_at__lt=timezone.now() - LOST_AFTER)
    ids = list(lost.values_list("pk", flat=True)[:500])
    for export_id in ids:
        make_export_soon(export_id)
    return len(ids)
