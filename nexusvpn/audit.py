"""The audit log, as the kernel and every app write to it. The kernel knows no app: who keeps it is named in settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Model
from django.utils.module_loading import import_string

# Which rows, people's among them, were written about since `telling_once` began.
_told: ContextVar[set[tuple[str, str]] | None] = ContextVar("told", default=None)


@contextmanager
def telling_once() -> Iterator[None]:
    """Remember for `is_told` what is written about from here on."""
    token = _told.set(set())
    try:
        yield
    finally:
        _told.reset(token)


def is_told(target: Model) -> bool:
    """Whether an act about this row, a person's among them, was written already: services tell of what they do themselves."""
    return (target._meta.label_lower, str(target.pk)) in (_told.get() or ())


@lru_cache(maxsize=1)
def _recorder() -> Any:
    return import_string(settings.AUDIT_RECORDER)


def record_act(
    action: str,
    *,
    actor: object | None = None,
    person: UUID | None = None,
    target: object | None = None,
    address: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write one act to the log, in the transaction of what is done.

    `action` is a stable code; `actor` the signed-in user, None for the service itself; `person` the id of the customer whom it
    is about; `target` a model's row; `details` plain JSON that holds no secret and names nobody.
    """
    told = _told.get()
    if told is not None:
        told.add((settings.AUTH_USER_MODEL.lower(), str(person)))
        if isinstance(target, Model):
            told.add((target._meta.label_lower, str(target.pk)))
    _recorder()(action, actor=actor, person=person, target=target, address=address, details=details or {})
