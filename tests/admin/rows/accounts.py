"""Rows of people, of how they sign in and of what is written to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django.utils import timezone

from accounts.models import (
    AbuseFlag,
    ApiKey,
    AuditEvent,
    DataExport,
    EmailToken,
    Invitation,
    KnownClient,
    LoginHistory,
    Mail,
    MailChoice,
    Notification,
    Passkey,
    PeopleDay,
    RecoveryCode,
    RegistrationPolicy,
    Session,
    SignupOrigin,
    TotpSeed,
    User,
)
from accounts.services.outbox import queue_mail
from tests.factories.accounts import make_user


def new_user() -> User:
    return make_user(f"{uuid4().hex[:12]}@example.com", full_name="Somebody")


def new_session() -> Session:
    expires = timezone.now() + timedelta(days=1)
    return Session.objects.create(user=new_user(), kind="token", key_hash=uuid4().hex, expires_at=expires)


def new_act() -> AuditEvent:
    person = new_user()
    values = {"actor_kind": "staff", "actor_id": new_user().pk, "person_id": person.pk, "target_id": str(person.pk)}
    return AuditEvent.objects.create(action="staff_changed", target_type="accounts.user", **values)


def new_email_token() -> EmailToken:
    values = {"purpose": "verify", "token_hash": uuid4().hex, "expires_at": timezone.now()}
    return EmailToken.objects.create(user=new_user(), email="somebody@example.com", **values)


MAKERS: dict[type[Model], Callable[[], Any]] = {
    User: new_user,
    Session: new_session,
    LoginHistory: lambda: LoginHistory.objects.create(user=new_user(), outcome="success", kind="browser"),
    Mail: lambda: queue_mail("welcome", "somebody@example.com", {"name": "Somebody"}),
    Notification: lambda: Notification.objects.create(user=new_user(), kind="usage", title="80 % of your data is used"),
    MailChoice: lambda: MailChoice.objects.create(user=new_user(), kind="news", wanted=False),
    AuditEvent: new_act,
    TotpSeed: lambda: TotpSeed.objects.create(user=new_user(), seed=b"encrypted"),
    Passkey: lambda: Passkey.objects.create(
        user=new_user(), name="Phone", credential_id=uuid4().bytes, credential=b"public"
    ),
    RecoveryCode: lambda: RecoveryCode.objects.create(user=new_user(), code_hash=uuid4().hex),
    ApiKey: lambda: ApiKey.objects.create(user=new_user(), name="Backups", prefix="nvk_abcd", key_hash=uuid4().hex),
    EmailToken: new_email_token,
    KnownClient: lambda: KnownClient.objects.create(user=new_user(), fingerprint=uuid4().hex),
    DataExport: lambda: DataExport.objects.create(user=new_user()),
    RegistrationPolicy: lambda: RegistrationPolicy.objects.get_or_create(pk=1)[0],
    Invitation: lambda: Invitation.objects.create(code_hash=uuid4().hex, expires_at=timezone.now(), note="A friend"),
    SignupOrigin: lambda: SignupOrigin.objects.create(user=new_user(), network="192.0.2.0/24"),
    AbuseFlag: lambda: AbuseFlag.objects.create(user=new_user(), reason="network", detail="192.0.2.0/24"),
    PeopleDay: lambda: PeopleDay.objects.create(
        day=date(2026, 10, 1) - timedelta(days=PeopleDay.objects.count()), joined=3, erased=1
    ),
}
