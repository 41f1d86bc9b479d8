"""What may come instead of an answer: each function sends one such thing, made from the honest snapshot."""

import gzip
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.agent.fake_control import envelope, send_data, send_error, send_raw

Handler = BaseHTTPRequestHandler
Lie = Callable[[Handler, dict[str, Any]], None]


def html(handler: Handler, honest: dict[str, Any]) -> None:
    send_raw(handler, 200, b"<html><body>Please log in</body></html>", "text/html")


def cut_short(handler: Handler, honest: dict[str, Any]) -> None:
    content = envelope(200, honest)
    send_raw(handler, 200, content[: len(content) // 2], announced=len(content))


def cut_short_but_valid(handler: Handler, honest: dict[str, Any]) -> None:
    """The body happens to be whole JSON, and only Content-Length tells that more was meant to come."""
    content = envelope(200, empty_of(honest))
    send_raw(handler, 200, content, announced=len(content) + 4000)


def packed_and_cut(handler: Handler, honest: dict[str, Any]) -> None:
    content = gzip.compress(envelope(200, honest))[:-12]
    send_raw(handler, 200, content, headers={"Content-Encoding": "gzip"})


def empty_body(handler: Handler, honest: dict[str, Any]) -> None:
    send_raw(handler, 200, b"")


def empty_list_with_old_hash(handler: Handler, honest: dict[str, Any]) -> None:
    send_data(handler, {**honest, "peers": [], "count": 0})


def not_complete(handler: Handler, honest: dict[str, Any]) -> None:
    send_data(handler, {**empty_of(honest), "complete": False})


def count_differs(handler: Handler, honest: dict[str, Any]) -> None:
    send_data(handler, {**honest, "count": honest["count"] + 1})


def empty_under_an_error(handler: Handler, honest: dict[str, Any]) -> None:
    send_raw(handler, 500, envelope(500, empty_of(honest)))


def statuses_differ(handler: Handler, honest: dict[str, Any]) -> None:
    send_raw(handler, 200, envelope(503, empty_of(honest)))


def no_envelope(handler: Handler, honest: dict[str, Any]) -> None:
    send_raw(handler, 200, json.dumps(empty_of(honest)).encode())


def redirect(handler: Handler, honest: dict[str, Any]) -> None:
    send_raw(handler, 302, envelope(302, empty_of(honest)), headers={"Location": "/elsewhere"})


def hang_up(handler: Handler, honest: dict[str, Any]) -> None:
    handler.close_connection = True


def unauthorised(handler: Handler, honest: dict[str, Any]) -> None:
    send_error(handler, 401, "invalid_node_credential")


def empty_of(honest: dict[str, Any]) -> dict[str, Any]:
    """A snapshot in which everything fits, except that it is empty: it must not be believed in the wrong wrapping."""
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    return {**honest, "peers": [], "ops": [], "count": 0, "sha256": nothing, "allow_mass_removal": True}


LIES: list[Lie] = [
    html,
    cut_short,
    cut_short_but_valid,
    packed_and_cut,
    empty_body,
    empty_list_with_old_hash,
    not_complete,
    count_differs,
    empty_under_an_error,
    statuses_differ,
    no_envelope,
    redirect,
    hang_up,
    unauthorised,
]
