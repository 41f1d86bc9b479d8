"""A taken port is noticed and said, even where its owner would share it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from nexusvpn.local import ports
from nexusvpn.local.places import LocalServiceError
from nexusvpn.local.stack import Product, Stack


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        # As gunicorn's --reuse-port does.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind((ports.LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_that_its_owner_would_share_is_not_free(taken_port: int) -> None:
    assert not ports.is_free(taken_port)
    assert ports.accepts_connections(taken_port)


def test_the_first_free_port_is_not_a_taken_one(taken_port: int) -> None:
    found = ports.first_free(taken_port)
    assert found is not None
    assert found > taken_port
    assert not ports.accepts_connections(found)


def test_a_taken_port_is_said_before_anything_is_started(taken_port: int) -> None:
    def must_not_be_called(*_: object) -> str:
        raise AssertionError("nothing may be prepared")

    product = Product(must_not_be_called, must_not_be_called, must_not_be_called, [], True)
    with pytest.raises(LocalServiceError, match=f"Port {taken_port} is taken by another program"):
        Stack(product, taken_port).run()
