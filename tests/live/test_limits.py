"""A limit of 5 lets exactly 5 of a burst through: with one process or four, counted in Redis or in PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from nexusvpn.local import redis as local_redis
from tests.live.conftest import StackMaker
from tests.live.requirements import missing_for_redis, need
from tests.live.stack import Stack, call
from tests.live.windows import wait_for_a_whole_burst

pytestmark = pytest.mark.live
BURSTS = 3


@pytest.fixture
def redis_url() -> Iterator[str]:
    need(missing_for_redis())
    with ExitStack() as stack:
        yield stack.enter_context(local_redis.start())


def burst(url: str) -> Counter[int]:
    wait_for_a_whole_burst("127.0.0.1")

    def login(number: int) -> int:
        body = {"email": f"nobody{number}@example.com", "password": "wrong"}
        return call("POST", f"{url}/api/v1/auth/login", body).status

    with ThreadPoolExecutor(64) as crowd:
        return Counter(crowd.map(login, range(64)))


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("store", ["redis", "postgresql"])
def test_of_64_logins_at_once_exactly_5_are_tried(
    make_stack: StackMaker, request: pytest.FixtureRequest, workers: int, store: str
) -> None:
    settings = {"REDIS_URL": request.getfixturevalue("redis_url")} if store == "redis" else {}
    stack = make_stack(workers=workers, settings=settings)
    for _ in range(BURSTS):
        before = tried(stack)
        statuses = burst(stack.url)
        if store == "postgresql" or not in_postgresql(stack):
            break
        # A machine so busy that Redis did not answer within its 50 ms: the count went on in PostgreSQL, as it should.
        stack.sql("TRUNCATE nexusvpn_counter")
    assert statuses == {401: 5, 429: 59}
    assert tried(stack) - before == 5
    assert (in_postgresql(stack) == 0) == (store == "redis")


def tried(stack: Stack) -> int:
    return int(stack.sql("SELECT count(*) FROM accounts_loginhistory")[0][0])


def in_postgresql(stack: Stack) -> int:
    return int(stack.sql("SELECT count(*) FROM nexusvpn_counter")[0][0])


def test_the_negative_control_a_counter_of_each_process_lets_more_through(make_stack: StackMaker) -> None:
    """With Django's in-process cache behind the same limits, four processes admit more than five."""
    stack = make_stack(workers=4, settings={"DJANGO_SETTINGS_MODULE": "tests.live.settings_with_local_counters"})
    let_through = burst(stack.url)[401]
    assert let_through > 5


def test_logins_stay_limited_when_redis_is_not_there(make_stack: StackMaker) -> None:
    stack = make_stack(workers=2, settings={"REDIS_URL": "unix:///nonexistent/redis.sock"})
    assert burst(stack.url) == {401: 5, 429: 59}
    health = call("GET", f"{stack.url}/api/health/readiness")
    assert (health.status, health.data["status"]) == (200, "degraded")


def logins(url: str, headers: list[dict[str, str]], counted: str) -> list[int]:
    """One try after the other, each with an address that has no account and headers of its own; `counted` is who they are."""
    wait_for_a_whole_burst(counted)
    statuses = []
    for number, extra in enumerate(headers):
        body = {"email": f"nobody{number}@example.com", "password": "wrong"}
        statuses.append(call("POST", f"{url}/api/v1/auth/login", body, extra_headers=extra).status)
    return statuses


FIVE_THEN_NONE = [401] * 5 + [429] * 3


def claims(number: int, form: str = "198.51.100.{}") -> dict[str, str]:
    """What somebody writes who wants to be taken for another one at each request."""
    address = form.format(number)
    return {"X-Forwarded-For": address, "X-Real-IP": address, "Forwarded": f"for={address}", "True-Client-IP": address}


def test_without_a_proxy_of_ours_invented_headers_count_for_nothing(make_stack: StackMaker) -> None:
    stack = make_stack(workers=2)
    assert logins(stack.url, [claims(number) for number in range(8)], "127.0.0.1") == FIVE_THEN_NONE


def test_behind_our_proxy_the_address_that_it_saw_is_counted(make_stack: StackMaker) -> None:
    stack = make_stack(workers=2, settings={"TRUSTED_PROXIES": "127.0.0.0/8"})

    def behind(client: str, number: int) -> dict[str, str]:
        """What the proxy adds stands behind what the client has invented; the other headers are the client's alone."""
        return {**claims(number), "X-Forwarded-For": f"198.51.100.{number}, {client}"}

    assert logins(stack.url, [behind("203.0.113.7", number) for number in range(8)], "203.0.113.7") == FIVE_THEN_NONE
    each_another = [behind(f"203.0.113.{number + 10}", number) for number in range(8)]
    assert logins(stack.url, each_another, "203.0.113.10") == [401] * 8


def test_behind_our_proxy_one_ipv6_network_of_64_bits_is_one_client(make_stack: StackMaker) -> None:
    stack = make_stack(workers=2, settings={"TRUSTED_PROXIES": "127.0.0.0/8"})
    same = [{"X-Forwarded-For": f"2001:db8:1:1:{number:x}::{number:x}"} for number in range(1, 9)]
    others = [{"X-Forwarded-For": f"2001:db8:1:{number + 10:x}::1"} for number in range(8)]
    assert logins(stack.url, same, "2001:db8:1:1::") == FIVE_THEN_NONE
    assert logins(stack.url, others, "2001:db8:1:a::") == [401] * 8
