"""Whether a TCP port can be had."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether this process could listen on the port now.

    Asked without SO_REUSEPORT: with it a second gunicorn would share the port with the first instead of failing.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def accepts_connections(port: int, host: str = LOOPBACK) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def first_free(start: int, host: str = LOOPBACK) -> int | None:
    """The first free port of the twenty from `start` on, or None."""
    return next((port for port in range(start, min(start + 20, 65536)) if is_free(port, host)), None)
