"""The wait between attempts, and what it makes of a fleet that lost its control plane: in a time of its own, with the real numbers."""

import heapq
import random
from collections import Counter

from vpn.agent.backoff import CAP_S, Backoff
from vpn.agent.follower import WAIT_S
from vpn.agent.identity import DEFAULT_REPORT_INTERVAL_S

NODES = 500
STEADY_PER_S = NODES / DEFAULT_REPORT_INTERVAL_S + NODES / WAIT_S
BACK_WITHIN_S = 60.0
# What a server that is just starting asks for at most (`Unavailable`).
RETRY_AFTER_S = 5.0


def returns(away_s: float, uniform: random.Random, refused_s: float = 0.0) -> list[float]:
    """When each follower and reporter of the fleet gets through, in seconds after the end of an outage of `away_s`.

    For the last `refused_s` of it the control plane answers 503 and says how long to wait.
    """
    waiting = [(uniform.uniform(0, 1), number, Backoff(uniform=uniform.uniform)) for number in range(2 * NODES)]
    heapq.heapify(waiting)
    through = []
    while waiting:
        at, number, backoff = heapq.heappop(waiting)
        if at >= away_s:
            through.append(at - away_s)
            continue
        retry_after_s = RETRY_AFTER_S if at >= away_s - refused_s else None
        heapq.heappush(waiting, (at + backoff.next_delay(retry_after_s), number, backoff))
    return through


def busiest_second(through: list[float]) -> int:
    """How many requests the busiest second has.

    A follower that gets through asks once and hangs; a reporter sends what it kept back and what it has seen since.
    """
    return max(Counter(int(at) for at in through).values()) * 3 // 2


def test_after_ten_minutes_everybody_is_back_within_one_and_nobody_stampedes() -> None:
    through = returns(600, random.Random(7))
    assert max(through) <= CAP_S < BACK_WITHIN_S
    assert busiest_second(through) <= 2 * STEADY_PER_S


def test_a_server_that_refuses_while_it_starts_is_not_stampeded_either() -> None:
    through = returns(600, random.Random(7), refused_s=10)
    assert max(through) <= CAP_S + RETRY_AFTER_S < BACK_WITHIN_S
    assert busiest_second(through) <= 2 * STEADY_PER_S


def test_without_jitter_they_would_all_come_at_once() -> None:
    """The negative control: the same back-off without its randomness fails what is asked above."""

    class Exact(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return b

    assert busiest_second(returns(600, Exact())) > 2 * STEADY_PER_S


def test_back_off_doubles_up_to_45_seconds_with_jitter_over_the_whole_span() -> None:
    backoff = Backoff(uniform=lambda low, high: high)
    assert [backoff.next_delay() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 32, 45, 45]
    backoff.reset()
    assert backoff.next_delay() == 0.5
    assert Backoff(uniform=lambda low, high: low).next_delay() == 0
    drawn = Backoff()
    delays = [drawn.next_delay() for _ in range(200)][10:]
    assert min(delays) < 15 < 30 < max(delays) <= 45


def test_a_first_failure_can_be_free() -> None:
    backoff = Backoff(uniform=lambda low, high: high, free=1)
    assert [backoff.next_delay() for _ in range(4)] == [0, 0.5, 1, 2]
    backoff.reset()
    assert [backoff.next_delay(), backoff.next_delay(7.0)] == [0, 7.5]


def test_back_off_waits_as_long_as_it_was_asked_to() -> None:
    backoff = Backoff(uniform=lambda low, high: low)
    assert backoff.next_delay(30.0) == 30.0
    assert backoff.next_delay(slow=True) == 33.75
