"""Opening, recognising and ending sign-ins."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Least
from django.utils import timezone

from accounts.errors import InvalidCredentials
from accounts.lifetimes import lifetime_of
from accounts.locks import lock_ending, lock_person
from accounts.models import Session, User
from accounts.services.acting import record_ends
from accounts.services.known_clients import program_fingerprint, recognise
from nexusvpn.audit import record_act
from nexusvpn.errors import NotFound

TOKEN_PREFIX = "nvs_"  # noqa: S105  (what every token begins with is no secret)
# "Last seen" is accurate to this much; finer would be a write a request.
TOUCH_EVERY = timedelta(minutes=5)


def hash_key(key: str) -> str:
    """SHA-256, hexadecimal. The keys are random and long, so a fast hash without salt is right."""
    return hashlib.sha256(key.encode()).hexdigest()


def open_token(
    *, user: User, ip_address: str | None, user_agent: str, second_factor_at: datetime | None = None
) -> tuple[str, Session]:
    """A new API token of `user`: the token, shown once, and its row.

    Raises InvalidCredentials if since `user` was read the password has changed, the account was suspended, or a second factor was
    added that nobody has shown.
    """
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    # The lock closes the race with a new password and with a suspension, both of which end all sessions: who signed in with
    # the old password a moment before would otherwise stay signed in.
    with transaction.atomic(durable=True):
        now = lock_person(user.pk)
        if now is None or not now.is_active or now.password != user.password:
            raise InvalidCredentials
        if second_factor_at is None and now.has_second_factor():
            raise InvalidCredentials
        session = Session.objects.create(
            user=user,
            kind=Session.Kind.TOKEN,
            key_hash=hash_key(token),
            ip_address=ip_address,
            user_agent=user_agent,
            second_factor_at=second_factor_at,
            **lifetime_of(Session.Kind.TOKEN, is_staff=now.is_staff).columns(),
        )
        recognise(user, program_fingerprint(user_agent, ip_address), address=ip_address, user_agent=user_agent)
    return token, session


def authenticate_token(token: str) -> tuple[User, Session] | None:
    """The person and session of an API token, or None when it is unknown, over, or its owner may not sign in."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_token_query(), [hash_key(token)])
        row = cursor.fetchone()
    if row is None:
        return None
    names = [field.attname for field in _SESSION_FIELDS]
    session = Session.from_db(DEFAULT_DB_ALIAS, names, row[: len(names)])
    user = User.from_db(DEFAULT_DB_ALIAS, [field.attname for field in _USER_FIELDS], row[len(names) :])
    session.user = user
    touch(session)
    return user, session


_SESSION_FIELDS = [field for field in Session._meta.concrete_fields if field.attname != "data"]
_USER_FIELDS = User._meta.concrete_fields


@lru_cache(maxsize=1)
def _token_query() -> str:
    """The query of every API request, written once: the ORM would write it anew each time, at several times its cost."""
    columns = [f's."{field.column}"' for field in _SESSION_FIELDS] + [f'u."{field.column}"' for field in _USER_FIELDS]
    return (
        f"SELECT {', '.join(columns)} FROM accounts_session s JOIN accounts_user u ON u.id = s.user_id"  # noqa: S608
        " WHERE s.key_hash = %s AND s.kind = 'token' AND s.expires_at > now() AND u.is_active"
    )


def touch(session: Session) -> None:
    """Note that the session is in use, at most once every few minutes; its end by idleness moves on with that."""
    now = timezone.now()
    if session.last_seen_at < now - TOUCH_EVERY:
        until = Least(F("ends_at"), now + timedelta(seconds=session.idle_s))
        Session.objects.filter(pk=session.pk, last_seen_at__lt=now - TOUCH_EVERY).update(
            last_seen_at=now, expires_at=until
        )


def end_sessions(sessions: QuerySet[Session]) -> int:
    """End them, and what they act for with them; returns how many."""
    # The locks close the race with an acting that begins after the look at what there is to write down.
    with transaction.atomic():
        record_ends(lock_ending(sessions))
        deleted, _ = sessions.delete()
    return deleted


def end_session(*, user: User, session_id: UUID) -> None:
    """End one of the person's own sessions at once; raises NotFound for anybody else's."""
    if not end_sessions(Session.objects.filter(user=user, pk=session_id)):
        raise NotFound


def end_other_sessions(*, user: User, kept: UUID) -> int:
    """End every session of the person but one; returns how many."""
    with transaction.atomic(durable=True):
        deleted = end_sessions(Session.objects.filter(user=user).exclude(pk=kept))
        record_act("other_sessions_ended", actor=user, person=user.pk, details={"ended": deleted})
    return deleted


def end_all_sessions(*, user: User, but: UUID | None = None) -> int:
    """End every session of the person, browsers and tokens, but one if that is named; returns how many."""
    sessions = Session.objects.filter(user=user)
    return end_sessions(sessions if but is None else sessions.exclude(pk=but))
