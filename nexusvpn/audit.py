"""The audit log, as the kernel and every app write to it. The kernel knows no app: who keeps it is named in settings."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


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
    _recorder()(action, actor=actor, person=person, target=target, address=address, details=details or {})
