"""The private Redis answers on a Unix socket, keeps nothing and ends with its block."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis

from nexusvpn.local import redis
from nexusvpn.local.places import LocalServiceError


@pytest.mark.skipif(redis.why_not() is not None, reason=str(redis.why_not()))
def test_it_serves_and_leaves_nothing_behind() -> None:
    with redis.start() as url:
        path = Path(urlsplit(url).path)
        assert path.is_socket()
        with Redis.from_url(url) as client:
            client.set("a", 1)
            assert client.get("a") == b"1"
    assert not path.parent.exists()


def test_a_machine_without_it_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LocalServiceError, match="redis-server is not installed"), redis.start():
        pass
