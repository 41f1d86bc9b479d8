from __future__ import annotations

import pytest

from nexusvpn.web_worker import HEALTH, LIVENESS, _probe_in

HOST = b"Host: x\r\n"


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (b"GET /api/health/liveness HTTP/1.1", LIVENESS[0]),
        (b"HEAD /api/health/liveness/ HTTP/1.1", LIVENESS[0]),
        (b"GET /api/health HTTP/1.1", HEALTH[0]),
        (b"GET /api/health/?x=1 HTTP/1.0", HEALTH[0]),
        (b"GET /api/health/readiness?x HTTP/1.1", HEALTH[1]),
    ],
)
def test_a_whole_request_for_health_is_known_by_its_address(line: bytes, path: bytes) -> None:
    assert _probe_in(line + b"\r\n" + HOST + b"\r\n") == path


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"GET /api/health/liveness HTTP/1.1\r\n" + HOST,
        b"POST /api/health/liveness HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /api/health/liveness HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n",
        b"GET /api/health/liveness HTTP/1.1\r\n" + HOST + b"transfer-encoding: chunked\r\n\r\n",
        b"GET /api/health/liveness HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\n\r\n",
        b"GET /api/healthy HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /api/health/other HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /api/%68ealth HTTP/1.1\r\n" + HOST + b"\r\n",
        b"\x16\x03\x01 nonsense \r\n\r\n",
    ],
)
def test_everything_else_gets_the_threads_of_everybody(request_: bytes) -> None:
    assert _probe_in(request_) not in (*LIVENESS, *HEALTH)
