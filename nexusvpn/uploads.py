"""Bodies that carry files: where they are taken, from whom, and for how long one may take to arrive."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.handlers.wsgi import LimitedStream
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from nexusvpn.errors import RateLimited, Unavailable
from nexusvpn.http import discard_body, is_api
from nexusvpn.pages import error_page
from nexusvpn.ratelimit import UPLOADS, refuse_spent

# 26 megabytes over a line of two megabits a second.
ARRIVAL_S = 120.0
# So many large bodies arrive at once in a process, each of which holds a thread unless a proxy waits for it; the others are for everybody.
AT_ONCE = 4
BUSY_RETRY_S = 10
_turns = threading.BoundedSemaphore(AT_ONCE)


def carries_files(request: HttpRequest) -> bool:
    """Whether this is one of the few requests that may bring files along."""
    return (
        request.method == "POST"
        and request.content_type == "multipart/form-data"
        and settings.UPLOAD_PATHS.fullmatch(request.path_info) is not None
    )


def uploader_key(user: Any) -> str:
    """Under which UPLOADS counts a person."""
    return f"user:{user.pk}"


class WholeBody:
    """A body that arrives whole and in time, or fails to be read: of half a form nobody knows what was meant."""

    def __init__(self, stream: Any, length: int, link: Any = None, seconds: float = ARRIVAL_S) -> None:
        self._stream, self._left = stream, length
        self._timer = threading.Timer(seconds, self._give_up, [link])
        self._timer.daemon = True
        self._begun = False

    @staticmethod
    def _give_up(link: Any) -> None:
        """Whoever waits for more of the body reads its end."""
        if link is not None:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RD)

    def read(self, size: int) -> bytes:
        return self._counted(self._stream.read, size)

    def readline(self, size: int) -> bytes:
        return self._counted(self._stream.readline, size)

    def _counted(self, read: Callable[[int], bytes], size: int) -> bytes:
        if not self._begun:
            self._begun = True
            self._timer.start()
        data = read(size)
        self._left -= len(data)
        if self._left > 0 and size > 0 and len(data) == 0:
            raise OSError("the body ended early")
        return data

    def end(self) -> None:
        self._timer.cancel()


def _busy() -> Unavailable:
    words = _("Many files are arriving at the moment. Go back and send yours again in a few seconds.")
    return Unavailable(words, code="uploads_busy", retry_after=BUSY_RETRY_S)


class UploadMiddleware:
    """Takes a body with files from who may bring some. The API has its own way to find out who that is, before it reads any."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not carries_files(request):
            return self.get_response(request)
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        # A form of the usual size is let in whoever sends it, so that its page can show again what was typed.
        is_usual = is_api(request) or length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        refused = None if is_usual else self._refused(request)
        if refused is not None:
            discard_body(request, length)
            return refused
        # Of what is as small as other requests' bodies as many may come as of those.
        is_large = length > settings.API_BODY_LIMIT_BYTES
        if is_large and not _turns.acquire(blocking=False):
            discard_body(request, length)
            return error_page(request, _busy())
        try:
            return self._taken(request, length)
        finally:
            if is_large:
                _turns.release()

    def _taken(self, request: HttpRequest, length: int) -> HttpResponseBase:
        body: Any = WholeBody(request.META["wsgi.input"], length, request.META.get("gunicorn.socket"))
        request._stream = cast(Any, LimitedStream(body, length))
        try:
            return self.get_response(request)
        finally:
            body.end()

    @staticmethod
    def _refused(request: HttpRequest) -> HttpResponseBase | None:
        """The answer to who is not signed in, or has sent enough for now: before the form's token is looked for in the body."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.path_info)
        try:
            refuse_spent(request, UPLOADS, uploader_key(request.user))
        except RateLimited as error:
            return error_page(request, error)
        return None
