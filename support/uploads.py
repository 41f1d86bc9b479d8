"""What arrived with a message, on its way from a request to the service that writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.files import File
from django.http import HttpRequest

from accounts.models import User
from nexusvpn.ratelimit import UPLOADS, Limit, enforce
from nexusvpn.uploads import uploader_key
from support.files.checking import CheckedFile
from support.services.attachments import check_files


def received_files(request: HttpRequest, user: User, uploads: Sequence[File[Any]]) -> list[CheckedFile]:
    """The files as they will be kept. Counts the message against UPLOADS if it has any; call outside any transaction.

    Raises RateLimited, InvalidInput on `files`, or Unavailable.
    """
    if not uploads:
        return []
    enforce(request, UPLOADS, uploader_key(user))
    return check_files(uploads)


def count_writing(request: HttpRequest, user: User, limit: Limit) -> None:
    """Count what is about to be written, once it is known to be whole; call outside any transaction. Raises RateLimited."""
    enforce(request, limit, uploader_key(user))
