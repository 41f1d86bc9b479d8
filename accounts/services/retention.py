"""How long what we hold about people is kept, kind by kind, as the settings say and the page "What we store" tells."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import (
    DataExport,
    EmailToken,
    Invitation,
    KnownClient,
    LoginHistory,
    Mail,
    Notification,
    SignupOrigin,
)
from accounts.services.audit import forget_old_acts
from nexusvpn.batches import delete_in_batches
from nexusvpn.logs import logger

log = logger(__name__)
# Somebody who follows a link twice is told that it was used, not that there never was one.
LINKS_KEPT = timedelta(days=1)


def _before(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def overdue() -> dict[str, QuerySet[Any]]:
    """Of each kind what has had its time."""
    links_before = timezone.now() - LINKS_KEPT
    gone_or_given_up = Mail.objects.exclude(state=Mail.State.QUEUED)
    return {
        "login_history": LoginHistory.objects.filter(timestamp__lt=_before(settings.LOGIN_HISTORY_DAYS)),
        "mails": gone_or_given_up.filter(created_at__lt=_before(settings.MAILS_KEPT_DAYS)),
        "notifications": Notification.objects.filter(created_at__lt=_before(settings.NOTIFICATIONS_KEPT_DAYS)),
        "signup_origins": SignupOrigin.objects.filter(created_at__lt=_before(settings.SIGNUP_ORIGINS_KEPT_DAYS)),
        "known_clients": KnownClient.objects.filter(last_seen_at__lt=_before(settings.KNOWN_CLIENTS_KEPT_DAYS)),
        "email_tokens": EmailToken.objects.filter(Q(expires_at__lt=links_before) | Q(used_at__lt=links_before)),
        "exports": DataExport.objects.filter(expires_at__lte=timezone.now()),
        "invitations": Invitation.objects.filter(used_at=None, expires_at__lt=_before(settings.MAILS_KEPT_DAYS)),
    }


def forget_what_had_its_time() -> dict[str, int]:
    """Delete it in batches; returns how much of each kind. May be interrupted and repeated."""
    forgotten = {kind: delete_in_batches(rows) for kind, rows in overdue().items()}
    forgotten["audit"] = forget_old_acts()
    log.info("forgotten", **forgotten)
    return forgotten
