"""The request or job being worked on, for log lines and for the jobs that it starts."""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar

REQUEST_ID_SHAPE = re.compile(r"[A-Za-z0-9._-]{1,128}")
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_client_address: ContextVar[str | None] = ContextVar("client_address", default=None)


def accept_request_id(offered: str | None) -> str:
    """The offered id when it has the contract's shape, otherwise a new UUID."""
    if offered and REQUEST_ID_SHAPE.fullmatch(offered):
        return offered
    return str(uuid.uuid4())


def current_request_id() -> str:
    return _request_id.get()


def set_request_id(request_id: str) -> None:
    _request_id.set(request_id)


def current_client_address() -> str | None:
    """The address that the request being answered came from; None in jobs and commands."""
    return _client_address.get()


def set_client_address(address: str | None) -> None:
    _client_address.set(address)
