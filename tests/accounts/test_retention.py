"""What we hold about people is forgotten in time, each kind after its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from accounts import tasks
from accounts.models import (
    AuditEvent,
    DataExport,
    EmailToken,
    Invitation,
    KnownClient,
    LoginHistory,
    Mail,
    Notification,
    SignupOrigin,
    User,
)
from accounts.services.retention import forget_what_had_its_time, overdue
from nexusvpn import batches

pytestmark = pytest.mark.django_db

Maker = Callable[[User, datetime], Model]


def token(**changes: Any) -> Maker:
    """A mailed link with these times; the others lie ahead."""

    def make(user: User, at: datetime) -> Model:
        values = {"expires_at": timezone.now() + timedelta(days=9), **dict.fromkeys(changes, at)}
        return EmailToken.objects.create(user=user, purpose="reset", token_hash="e", email=user.email, **values)

    return make


def mail(state: str) -> Maker:
    return lambda user, at: Mail.objects.create(user=user, to=user.email, kind="x", state=state, created_at=at)


def invitation(user: User, at: datetime) -> Model:
    return Invitation.objects.create(code_hash="i", email="somebody@example.com", expires_at=at)


# How a row of the kind is made whose time began then, and for how many days it is kept.
KINDS: dict[str, tuple[Maker, float]] = {
    "login_history": (
        lambda user, at: LoginHistory.objects.create(user=user, outcome="failed", kind="token", timestamp=at),
        settings.LOGIN_HISTORY_DAYS,
    ),
    "mails": (mail("sent"), settings.MAILS_KEPT_DAYS),
    "mails that were given up": (mail("failed"), settings.MAILS_KEPT_DAYS),
    "notifications": (
        lambda user, at: Notification.objects.create(user=user, kind="news", title="News", created_at=at),
        settings.NOTIFICATIONS_KEPT_DAYS,
    ),
    "signup_origins": (
        lambda user, at: SignupOrigin.objects.create(user=user, network="192.0.2.0/24", created_at=at),
        settings.SIGNUP_ORIGINS_KEPT_DAYS,
    ),
    "known_clients": (
        lambda user, at: KnownClient.objects.create(user=user, fingerprint="f", last_seen_at=at),
        settings.KNOWN_CLIENTS_KEPT_DAYS,
    ),
    "email_tokens that expired": (token(expires_at=True), 1),
    "email_tokens that were used": (token(used_at=True), 1),
    "exports": (
        lambda user, at: DataExport.objects.create(user=user, state="ready", content=b"x", expires_at=at),
        0,
    ),
    "invitations": (invitation, settings.MAILS_KEPT_DAYS),
    "audit": (
        lambda user, at: AuditEvent.objects.create(action="x", actor_kind="system", person_id=user.pk, at=at),
        settings.AUDIT_KEPT_DAYS,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("minutes", "kept"), [(-1, True), (1, False)], ids=["in its time", "after it"])
def test_each_kind_is_kept_for_its_time(alice: User, kind: str, minutes: int, kept: bool) -> None:
    make, days = KINDS[kind]
    row = make(alice, timezone.now() - timedelta(days=days, minutes=minutes))
    forgotten = forget_what_had_its_time()
    assert type(row)._base_manager.filter(pk=row.pk).exists() is kept
    assert forgotten[kind.split(" ", maxsplit=1)[0]] == (0 if kept else 1)


def test_a_mail_that_still_waits_is_never_forgotten(alice: User) -> None:
    mail("queued")(alice, timezone.now() - timedelta(days=999))
    forget_what_had_its_time()
    assert Mail.objects.exists()


def test_every_kind_has_a_test() -> None:
    assert {kind.split(" ")[0] for kind in KINDS} == set(overdue()) | {"audit"}


def test_many_go_in_batches(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches.delete_in_batches, "__defaults__", (10,))
    old = timezone.now() - timedelta(days=999)
    LoginHistory.objects.bulk_create(
        LoginHistory(user=alice, outcome="failed", kind="token", timestamp=old) for _ in range(35)
    )
    deletions = 0

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal deletions
        deletions += sql.startswith('DELETE FROM "accounts_loginhistory"')
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        assert forget_what_had_its_time()["login_history"] == 35
    assert deletions == 4


@pytest.mark.django_db(transaction=True)
def test_one_nightly_job_does_it(alice: User) -> None:
    KINDS["notifications"][0](alice, timezone.now() - timedelta(days=999))
    tasks.forget_what_had_its_time(0)
    assert not Notification.objects.exists()
