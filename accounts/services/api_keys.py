"""Keys for programs: made, shown once, recognised, revoked."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import ApiKeyNameTaken, TooManyApiKeys
from accounts.locks import lock_active_person
from accounts.models import ApiKey, User
from accounts.services.notifications import Kind, notify
from accounts.services.sessions import hash_key
from nexusvpn.api.scopes import Scope
from nexusvpn.audit import record_act
from nexusvpn.errors import InvalidInput, NotFound
from nexusvpn.texts import one_line

KEY_PREFIX = "nvk_"
SHOWN_PREFIX = len(KEY_PREFIX) + 6
MAX_KEYS = 20
MAX_NAME = 60
# "Last used" is accurate to this much; finer would be a write a request.
TOUCH_EVERY = timedelta(minutes=5)


def create_api_key(
    *, user: User, name: str, scopes: list[str], expires_at: datetime | None = None
) -> tuple[str, ApiKey]:
    """A new key of the person: the key itself, which is shown once, and its row.

    Raises InvalidInput, ApiKeyNameTaken, TooManyApiKeys, or AccountSuspended for somebody who was shut out meanwhile.
    """
    name = one_line(name, "name").strip()
    if not name:
        raise InvalidInput(fields={"name": [_("A key needs a name.")]})
    if not scopes:
        raise InvalidInput(fields={"scopes": [_("Choose at least one.")]})
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput(fields={"expires_at": [_("This is in the past.")]})
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    values = {"prefix": key[:SHOWN_PREFIX], "key_hash": hash_key(key), "expires_at": expires_at}
    try:
        # The lock closes the race of two requests for the last free place; the unique name that of two with one name.
        with transaction.atomic(durable=True):
            lock_active_person(user.pk)
            if user.api_keys.count() >= MAX_KEYS:
                raise TooManyApiKeys
            row = ApiKey.objects.create(user=user, name=name, scopes=_in_order(scopes), **values)
            record_act("api_key_created", actor=user, person=user.pk, target=row, details={"scopes": row.scopes})
            notify(
                user,
                Kind.SECURITY,
                gettext_lazy("API key made"),
                f"{name}: {', '.join(row.scopes)}",
                link="/settings/api-keys",
                mail="api_key_created",
                context={"name": name, "scopes": row.scopes},
            )
    except IntegrityError as error:
        if "api_key_name_unique" in str(error):
            raise ApiKeyNameTaken(fields={"name": [ApiKeyNameTaken.message]}) from None
        raise
    return key, row


def _in_order(scopes: list[str]) -> list[str]:
    return [scope.value for scope in Scope if scope.value in scopes]


def revoke_api_key(*, user: User, key_id: UUID) -> None:
    """From now on the key opens nothing. Raises NotFound for anybody else's."""
    with transaction.atomic(durable=True):
        row = ApiKey.objects.filter(user=user, pk=key_id).first()
        if row is None or not ApiKey.objects.filter(pk=row.pk).delete()[0]:
            raise NotFound
        row.pk = key_id
        record_act("api_key_revoked", actor=user, person=user.pk, target=row)


def authenticate_api_key(key: str) -> tuple[User, ApiKey] | None:
    """The owner and row of a key, or None when it is unknown, over, or its owner may not sign in."""
    with connection.cursor() as cursor:
        cursor.execute(_key_query(), [hash_key(key)])
        found = cursor.fetchone()
    if found is None:
        return None
    count = len(_KEY_FIELDS)
    row = ApiKey.from_db(DEFAULT_DB_ALIAS, [field.attname for field in _KEY_FIELDS], found[:count])
    row.scopes = found[count].split(",")
    user = User.from_db(DEFAULT_DB_ALIAS, [field.attname for field in _USER_FIELDS], found[count + 1 :])
    row.user = user
    _touch(row)
    return user, row


_KEY_FIELDS = [field for field in ApiKey._meta.concrete_fields if field.attname != "scopes"]
_USER_FIELDS = User._meta.concrete_fields


@lru_cache(maxsize=1)
def _key_query() -> str:
    """Written once, as the query for tokens is. Scopes come as text, which needs no decoder."""
    columns = [f'k."{field.column}"' for field in _KEY_FIELDS]
    columns.append("(SELECT string_agg(value, ',') FROM jsonb_array_elements_text(k.scopes))")
    columns += [f'u."{field.column}"' for field in _USER_FIELDS]
    return (
        f"SELECT {', '.join(columns)} FROM accounts_apikey k JOIN accounts_user u ON u.id = k.user_id"  # noqa: S608
        " WHERE k.key_hash = %s AND (k.expires_at IS NULL OR k.expires_at > now()) AND u.is_active"
    )


def _touch(row: ApiKey) -> None:
    now = timezone.now()
    if row.last_used_at is None or row.last_used_at < now - TOUCH_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)
