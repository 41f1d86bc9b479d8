"""Django's browser sessions, kept in `accounts.Session`: the cookie holds 256 random bits, the row their hash.

Used as SESSION_ENGINE. Everything that Django keeps in a session works, the admin's sign-in included; deleting the row
ends the session at its next request.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, router, transaction
from django.utils import timezone

from accounts.lifetimes import Lifetime, anonymous_lifetime, lifetime_of
from accounts.models import Session, User
from accounts.services.sessions import end_sessions, hash_key, touch


def _lifetime(user_id: str | None) -> Lifetime:
    if user_id is None:
        return anonymous_lifetime()
    is_staff = User.objects.filter(pk=user_id, is_staff=True).exists()
    return lifetime_of(Session.Kind.BROWSER, is_staff=is_staff)


class SessionStore(SessionBase):
    # (address, user agent), set by ClientSessionMiddleware.
    client: tuple[str | None, str] = (None, "")
    _second_factor_at: datetime | None = None
    _acting: tuple[UUID, datetime] | None = None
    row_id: UUID
    # Ended by this very request, rather than unknown when it came.
    ended = False

    def _get_new_session_key(self) -> str:
        return secrets.token_urlsafe(32)

    def _row(self, key: str) -> Session | None:
        return Session.objects.live().filter(key_hash=hash_key(key), kind=Session.Kind.BROWSER).first()

    def load(self) -> dict[str, Any]:
        row = self._row(self.session_key) if self.session_key else None
        if row is None:
            self._session_key = None
            return {}
        touch(row)
        self.row_id = row.id
        self._second_factor_at = row.second_factor_at
        self._acting = (row.acting_for_id, row.acting_until) if row.acting_for_id and row.acting_until else None
        return self.decode(row.data)

    @property
    def second_factor_at(self) -> datetime | None:
        """When a second factor was shown in this session. Kept in the row and not among the data, and kept when the key changes."""
        self._get_session()  # type: ignore[attr-defined]
        return self._second_factor_at

    def note_second_factor(self) -> None:
        """A factor of whom this session belongs to was shown just now."""
        self._get_session()  # type: ignore[attr-defined]
        self._second_factor_at = timezone.now()
        if self.session_key:
            Session.objects.filter(key_hash=hash_key(self.session_key)).update(second_factor_at=self._second_factor_at)

    @property
    def acting(self) -> tuple[UUID, datetime] | None:
        """The customer whose pages this session shows, and until when. It belongs to the row: a new key does not take it along."""
        self._get_session()  # type: ignore[attr-defined]
        return self._acting

    def flush(self) -> None:
        super().flush()
        self.ended = True
        self._second_factor_at = self._acting = None

    def exists(self, session_key: str) -> bool:
        return self._row(session_key) is not None

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Write the row; raises UpdateError when it was deleted meanwhile (signed out elsewhere)."""
        if self.session_key is None:
            return self.create()
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        values: dict[str, Any] = {
            "user_id": data.get("_auth_user_id"),
            "data": self.encode(data),
        }
        key_hash = hash_key(self.session_key)
        if not must_create:
            self._update(key_hash, values)
            return None
        address, agent = self.client
        try:
            with transaction.atomic(using=router.db_for_write(Session)):
                row = Session.objects.create(
                    kind=Session.Kind.BROWSER,
                    key_hash=key_hash,
                    ip_address=address,
                    user_agent=agent,
                    second_factor_at=self._second_factor_at,
                    **values,
                    **_lifetime(values["user_id"]).columns(),
                )
        except IntegrityError:
            raise CreateError from None
        self.row_id = row.id
        return None

    @staticmethod
    def _update(key_hash: str, values: dict[str, Any]) -> None:
        row = Session.objects.filter(key_hash=key_hash)
        if row.filter(user_id=values["user_id"]).update(**values):
            return
        # Somebody has signed in with it: from now on it lives as long as a sign-in of theirs may.
        if not row.update(**values, **_lifetime(values["user_id"]).columns()):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            end_sessions(Session.objects.filter(key_hash=hash_key(key)))

    @classmethod
    def clear_expired(cls) -> None:
        end_sessions(Session.objects.filter(expires_at__lte=timezone.now()))
