"""The process in which nodes wait: an ASGI application for `GET /api/v1/node/state` and nothing else.

A waiting node costs a coroutine, not a worker: thousands fit one process. Database work is done by a few threads. A request registers
its waiter *before* it reads the table, so that no change can fall between; waiters are woken by messages (where there is a Redis) and by
one revision query for all of them, at least once a second, which finds what a lost message would have missed.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import redis.asyncio
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest

from nexusvpn.api.authentication import bearer_token
from nexusvpn.api.envelope import envelope
from nexusvpn.api.status import http_status
from nexusvpn.context import accept_request_id
from nexusvpn.errors import DomainError, NotFound, Unavailable
from nexusvpn.logs import logger
from vpn.errors import InvalidNodeCredential
from vpn.node_api.params import StateRequest
from vpn.services.desired_state import Changes, changes_after
from vpn.services.nodes import authenticate_node
from vpn.services.wake import CHANNEL

PATH = "/api/v1/node/state"
POLL_ALONE_S = 0.2
POLL_BESIDE_MESSAGES_S = 1.0
THREADS = 8
log = logger("nexusvpn.waiting")


class Waiters:
    """Who waits for which server, and at which epoch and revision each stands."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, dict[asyncio.Event, tuple[str, int]]] = defaultdict(dict)

    def register(self, server_id: UUID, wanted: StateRequest) -> asyncio.Event:
        event = asyncio.Event()
        self._waiting[server_id][event] = (wanted.epoch, wanted.after)
        return event

    def forget(self, server_id: UUID, event: asyncio.Event) -> None:
        waiting = self._waiting[server_id]
        waiting.pop(event, None)
        if not waiting:
            del self._waiting[server_id]

    def wake(self, server_id: UUID) -> None:
        for event in self._waiting.get(server_id, ()):
            event.set()

    def servers(self) -> list[UUID]:
        return list(self._waiting)

    def compare(self, found: list[tuple[UUID, UUID, int]]) -> None:
        """Wake those who stand elsewhere than their server does."""
        for server_id, epoch, revision in found:
            for event, stands in self._waiting.get(server_id, {}).items():
                if stands != (str(epoch), revision):
                    event.set()


def _revisions(servers: list[UUID]) -> list[tuple[UUID, UUID, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, epoch, revision FROM vpn_server WHERE id = ANY(%s)", [servers])
        return list(cursor.fetchall())


class WaitingRoom:
    """The ASGI application."""

    def __init__(self) -> None:
        self.waiters = Waiters()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="waiting-db")
        self._background: list[asyncio.Task[None]] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
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

        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def _poll(self) -> None:
        pause = POLL_BESIDE_MESSAGES_S if settings.REDIS_URL else POLL_ALONE_S
        while True:
            servers = self.waiters.servers()
            if servers:
                try:
                    self.waiters.compare(await self._in_thread(_revisions, servers))
                except (OperationalError, InterfaceError) as error:
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
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        request = HttpRequest()
        request.request_id = accept_request_id(headers.get("x-request-id"))  # type: ignore[attr-defined]
        self._start_background()
        retry_after = None
        server_id: UUID | None = None
        try:
            if scope["path"].rstrip("/") != PATH or scope["method"] != "GET":
                raise NotFound
            credential = bearer_token(headers.get("authorization", "")) or ""
            server_id = await self._in_thread(_authenticate, credential)
            wanted = StateRequest.from_query(dict(parse_qsl(scope["query_string"].decode("latin-1"))))
            changes = await self._answer(server_id, credential, wanted, receive)
            status, message, data, error = 200, "Success", changes.as_dict(hung=True), None
        except (OperationalError, InterfaceError):
            lost = Unavailable(code="database_unavailable")
            status, message, data, error = 503, lost.message, None, {"code": lost.code, "fields": {}}
            retry_after = lost.retry_after
        except DomainError as refused:
            status, message, data = http_status(refused), refused.message, None
            error = {"code": refused.code, "fields": refused.fields}
            retry_after = refused.retry_after
        body = envelope(request, status, message, data, error)
        await _send(send, status, request.request_id, body, retry_after)  # type: ignore[attr-defined]
        took = round((time.perf_counter() - started) * 1000, 2)
        log.info(
            "request",
            method=scope["method"],
            path=scope["path"][:200],
            status=status,
            actor=server_id,
            ms=took,
            request_id=request.request_id,  # type: ignore[attr-defined]
        )

    async def _answer(self, server_id: UUID, credential: str, wanted: StateRequest, receive: Any) -> Changes:
        """The changes after the node's revision, waited for at most as long as it asked.

        The credential is checked again with each look: one that was revoked meanwhile learns nothing more.
        """
        give_up = time.monotonic() + wanted.wait_s
        event = self.waiters.register(server_id, wanted)
        gone = asyncio.create_task(_until_gone(receive))
        try:
            while True:
                event.clear()
                changes: Changes = await self._in_thread(_changes, credential, wanted)
                left = give_up - time.monotonic()
                if changes.ops or changes.to != wanted.after or left <= 0 or gone.done():
                    return changes
                woken = asyncio.create_task(event.wait())
                await asyncio.wait({woken, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
        finally:
            gone.cancel()
            self.waiters.forget(server_id, event)


def _authenticate(credential: str) -> UUID:
    server_id = authenticate_node(credential)
    if server_id is None:
        raise InvalidNodeCredential
    return server_id


def _changes(credential: str, wanted: StateRequest) -> Changes:
    return changes_after(server_id=_authenticate(credential), epoch=wanted.epoch, after=wanted.after)


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Any, status: int, request_id: str, body: bytes, retry_after: int | None) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"cache-control", b"no-store"),
    ]
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
