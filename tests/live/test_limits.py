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
from tests.live.stack import call
from tests.live.windows import wait_for_a_whole_burst

pytestmark = pytest.mark.live


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
    assert burst(stack.url) == {401: 5, 429: 59}
    assert stack.sql("SELECT count(*) FROM accounts_loginhistory") == [(5,)]
    in_postgresql = stack.sql("SELECT count(*) FROM nexusvpn_counter")[0][0]
    assert (in_postgresql == 0) == (store == "redis")


def test_the_negative_control_a_counter_of_each_process_lets_more_through(make_stack: StackMaker) -> None:
    """With Django's in-process cache behind the same limits, four processes admit more than five."""
    stack = make_stack(workers=4, settings={"DJANGO_SETTINGS_MODULE": "tests.live.settings_with_local_counters"})
    tried = burst(stack.url)[401]
    assert tried > 5


def test_logins_stay_limited_when_redis_is_not_there(make_stack: StackMaker) -> None:
    stack = make_stack(workers=2, settings={"REDIS_URL": "unix:///nonexistent/redis.sock"})
    assert burst(stack.url) == {401: 5, 429: 59}
    health = call("GET", f"{stack.url}/api/health/readiness")
    assert (health.status, health.data["status"]) == (200, "degraded")
