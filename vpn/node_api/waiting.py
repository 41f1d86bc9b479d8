"""The process in which nodes wait: an ASGI application for `GET /api/v1/node/state` and nothing else.

A waiting node costs a coroutine, not a worker: thousands fit one process. Database work is done by a few threads. A request registers
its waiter *before* it reads the table, so that no change can fall between; waiters are woken by messages (where there is a Redis) and by
one revision query for all of them, at least once a second, which finds what a lost message would have missed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import redis.asyncio
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse

from nexusvpn.api.authentication import bearer_token
from nexusvpn.api.envelope import data_response, request_id_of
from nexusvpn.connections import gate
from nexusvpn.context import accept_request_id
from nexusvpn.errors import NotFound, Unavailable
from nexusvpn.logs import logger
from nexusvpn.pages import exception_page, server_error
from vpn.errors import InvalidNodeCredential
from vpn.node_api.authentication import admit_node
from vpn.node_api.params import StateRequest
from vpn.node_api.presence import Presence
from vpn.node_api.waiters import Waiters
from vpn.services.credentials import authenticate_node
from vpn.services.desired_state import Changes, changes_after
from vpn.services.heard import note_loss
from vpn.services.wake import CHANNEL

PATH = "/api/v1/node/state"
POLL_ALONE_S = 0.2
POLL_BESIDE_MESSAGES_S = 1.0
THREADS = 8
# A database that hangs would otherwise let nodes queue up behind it without end.
PATIENCE_S = 5.0
log = logger("nexusvpn.waiting")


def _revisions(servers: list[UUID]) -> list[tuple[UUID, UUID, int, bool]]:
    """Where servers stand, and whether another process has seen their node go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.epoch, s.revision, n.lost_at IS NOT NULL"
            " FROM vpn_server s JOIN vpn_nodestatus n ON n.server_id = s.id WHERE s.id = ANY(%s)",
            [servers],
        )
        return list(cursor.fetchall())


class WaitingRoom:
    """The ASGI application."""

    def __init__(self) -> None:
        self.waiters = Waiters()
        self.presence = Presence(self.waiters, self._note_loss)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="waiting-db")
        self._background: list[asyncio.Task[None]] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)

    def leave(self) -> None:
        """This process ends soon: whoever waits is answered now. May be called from a signal handler."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        self.presence.leave()
        self.waiters.end_all()

    async def _lifespan(self, receive: Any, send: Any) -> None:
        self._loop = asyncio.get_running_loop()
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                for task in self._background:
                    task.cancel()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _start_background(self) -> None:
        """Started with the first request, in the worker's own event loop, and started again if it ever ended."""
        alive = [task for task in self._background if not task.done()]
        if not alive:
            alive = [asyncio.create_task(self._poll())]
            if settings.REDIS_URL:
                alive.append(asyncio.create_task(self._listen()))
        self._background = alive

    async def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        def call() -> Any:
            try:
                return function(*args)
            finally:
                # Gives the connection back to the pool.
                connection.close()

        if not gate.admits():
            raise Unavailable(code="database_unavailable")
        work = asyncio.get_running_loop().run_in_executor(self._threads, call)
        try:
            return await asyncio.wait_for(work, PATIENCE_S)
        except TimeoutError:
            gate.shut()
            raise Unavailable(code="database_unavailable") from None

    async def _note_loss(self, server_id: UUID, unheard_for: timedelta) -> None:
        try:
            await self._in_thread(note_loss, server_id, unheard_for)
        except (OperationalError, InterfaceError, Unavailable) as error:
            log.warning("loss_not_noted", server=server_id, error=type(error).__name__)

    async def _poll(self) -> None:
        pause = POLL_BESIDE_MESSAGES_S if settings.REDIS_URL else POLL_ALONE_S
        while True:
            servers = self.waiters.servers()
            if servers:
                try:
                    self.waiters.compare(await self._in_thread(_revisions, servers))
                except (OperationalError, InterfaceError, Unavailable) as error:
                    log.warning("poll_failed", error=type(error).__name__)
            await asyncio.sleep(pause)

    async def _listen(self) -> None:
        while True:
            try:
                client = redis.asyncio.from_url(settings.REDIS_URL, socket_connect_timeout=1)
                async with client, client.pubsub() as messages:
                    await messages.subscribe(CHANNEL)
                    async for message in messages.listen():
                        if message["type"] == "message":
                            self.waiters.wake(UUID(message["data"].decode()))
            except (redis.RedisError, OSError, ValueError) as error:
                log.warning("messages_lost", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _request(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        started = time.perf_counter()
        self._start_background()
        request = _django_request(scope)
        try:
            changes = await self._serve(scope, request, receive)
            response = data_response(request, 200, changes.as_dict(hung=True))
        except Exception as error:  # noqa: BLE001  (whatever it is, the node gets an envelope)
            response = exception_page(request, error) or server_error(request)
        await _send(send, request, response)
        log.info(
            "request",
            method=scope["method"],
            path=scope["path"][:200],
            status=response.status_code,
            actor=getattr(request, "actor_id", None),
            ms=round((time.perf_counter() - started) * 1000, 2),
            request_id=request_id_of(request),
        )

    async def _serve(self, scope: dict[str, Any], request: HttpRequest, receive: Any) -> Changes:
        if scope["path"].rstrip("/") != PATH or scope["method"] != "GET":
            raise NotFound
        credential = bearer_token(request.META.get("HTTP_AUTHORIZATION", "")) or ""
        server_id: UUID = await self._in_thread(admit_node, request, credential)
        request.actor_id = server_id  # type: ignore[attr-defined]
        wanted = StateRequest.from_query(dict(parse_qsl(scope["query_string"].decode("latin-1"))))
        return await self._answer(server_id, credential, wanted, receive)

    async def _answer(self, server_id: UUID, credential: str, wanted: StateRequest, receive: Any) -> Changes:
        """The changes after the node's revision, waited for at most as long as it asked.

        The credential is checked again with each look: one that was revoked meanwhile learns nothing more.
        """
        give_up = time.monotonic() + wanted.wait_s
        waiter = self.waiters.register(server_id, wanted)
        self.presence.came(server_id)
        gone = asyncio.create_task(_until_gone(receive))
        try:
            while True:
                waiter.event.clear()
                changes: Changes = await self._in_thread(_changes, credential, wanted)
                left = give_up - time.monotonic()
                if changes.ops or changes.to != wanted.after or left <= 0 or gone.done() or waiter.ended:
                    break
                self.waiters.hang(server_id, waiter)
                woken = asyncio.create_task(waiter.event.wait())
                await asyncio.wait({woken, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
        finally:
            gone.cancel()
            self.waiters.forget(server_id, waiter)
        # Of a refusal nothing follows: a node that must take a snapshot may be busy with it for long.
        if gone.done():
            self.presence.broke_off(server_id)
        else:
            self.presence.answered(server_id)
        return changes


def _django_request(scope: dict[str, Any]) -> HttpRequest:
    """As much of a request as limits, logs and envelopes look at. Every answer here has the envelope, so its path is the API's."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        # Each proxy may have written a header of its own; together they are one list (RFC 9110, 5.2).
        headers[key] = f"{headers[key]},{value.decode('latin-1')}" if key in headers else value.decode("latin-1")
    request = HttpRequest()
    request.path = request.path_info = PATH
    request.method = scope["method"]
    request.META = {
        "REMOTE_ADDR": scope["client"][0] if scope.get("client") else "",
        "HTTP_X_FORWARDED_FOR": headers.get("x-forwarded-for", ""),
        "HTTP_AUTHORIZATION": headers.get("authorization", ""),
    }
    request.request_id = accept_request_id(headers.get("x-request-id"))  # type: ignore[attr-defined]
    return request


def _changes(credential: str, wanted: StateRequest) -> Changes:
    server_id = authenticate_node(credential)
    if server_id is None:
        raise InvalidNodeCredential
    return changes_after(server_id=server_id, epoch=wanted.epoch, after=wanted.after)


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Any, request: HttpRequest, response: HttpResponse) -> None:
    body = response.content
    response.headers["Content-Length"] = str(len(body))
    response.headers["X-Request-ID"] = request_id_of(request)
    response.headers["Cache-Control"] = "no-store"
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})
