"""Whether an address has an account shows neither in an answer nor in the time that it takes.

Times are taken in pairs, one after the other, and compared by the two-sample Kolmogorov–Smirnov statistic: the largest distance between
the two distributions. It is first shown that it finds what it looks for.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable
from math import log, sqrt
from typing import Any

import pytest

from accounts.models import User
from accounts.services import sign_in
from tests.api_client import Answer, ApiClient
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db(transaction=True)
PAIRS = 300
WARM_UP = 5
# One of a thousand runs in which there is no difference finds one.
CHANCE = 0.001
# What a busy machine does to the times of one run it does not do to those of the next; what the code does is in each.
RUNS = 2
PASSWORD = "a long enough secret"
REQUESTS: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "login": lambda email: ("auth/login", {"email": email, "password": PASSWORD}),
    "register": lambda email: ("auth/register", {"email": email, "password": PASSWORD, "full_name": "Somebody"}),
    "reset": lambda email: ("auth/password/forgot", {"email": email}),
    "resend": lambda email: ("auth/verify-email/resend", {"email": email}),
}


def ks_statistic(first: list[float], second: list[float]) -> float:
    """The largest difference between the shares of both that are at most some value."""
    one, two = sorted(first), sorted(second)
    return max(abs(bisect_right(one, x) / len(one) - bisect_right(two, x) / len(two)) for x in one + two)


def critical(pairs: int) -> float:
    """What two samples of the same distribution exceed by CHANCE (Smirnov's asymptotic bound)."""
    return sqrt(-log(CHANCE / 2) / 2) * sqrt(2 / pairs)


def told(answer: Answer, email: str) -> str:
    """All of an answer but what names the request and its time, with the address that was sent left out."""
    body = {key: value for key, value in answer.body.items() if key not in ("request_id", "timestamp")}
    varying = {"X-Request-ID", "Content-Length"}
    headers = {name: value for name, value in answer.headers.items() if name not in varying}
    return str((answer.status, body, headers)).replace(email, "…")


def compare(kind: str, pairs: int, run: int = 0) -> tuple[set[str], float]:
    """What was answered, all in all, and the statistic of the times for addresses with and without an account, each run's its own."""
    api, answers = ApiClient(None), set()
    times: dict[bool, list[float]] = {True: [], False: []}
    first = run * (WARM_UP + pairs)
    for number in range(first, first + WARM_UP + pairs):
        # Neither of the two is always the first.
        for exists in (True, False) if number % 2 else (False, True):
            email = f"{'known' if exists else 'other'}{number:04}@example.com"
            path, body = REQUESTS[kind](email)
            # No address makes enough requests to meet a limit.
            started = time.perf_counter()
            answer = api.post(path, body, remote_addr=f"10.{exists:d}.{number >> 8}.{number & 255}")
            took = time.perf_counter() - started
            answers.add(told(answer, email))
            if number >= first + WARM_UP:
                times[exists].append(took)
    return answers, ks_statistic(times[True], times[False])


@pytest.fixture(params=[True, False], ids=["verified", "unverified"])
def people(request: pytest.FixtureRequest) -> None:
    fields = {} if request.param else {"email_verified_at": None}
    pattern = make_user("pattern@example.com")
    User.objects.bulk_create(
        User(email=f"known{number:04}@example.com", password=pattern.password, **fields)
        for number in range(RUNS * (WARM_UP + PAIRS))
    )


def test_the_statistic_is_the_known_one_of_small_samples() -> None:
    assert ks_statistic([1, 2, 3], [1, 2, 3]) == 0
    assert ks_statistic([1, 2, 3], [4, 5, 6]) == 1
    assert ks_statistic([1, 2, 3, 4], [3, 4, 5, 6]) == 0.5


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("people", [True], indirect=True)
def test_the_negative_control_an_unknown_address_without_a_hash_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "make_password", lambda password: "")
    _, distance = compare("login", 60)
    assert distance > critical(60)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("kind", "people"),
    [("login", True), ("register", True), ("reset", True), ("resend", False)],
    indirect=["people"],
)
def test_neither_the_answer_nor_its_time_tells_whether_there_is_an_account(kind: str) -> None:
    found = []
    for run in range(RUNS):
        answers, distance = compare(kind, PAIRS, run)
        assert len(answers) == 1, answers
        found.append(distance)
        if distance < critical(PAIRS):
            return
    pytest.fail(f"{kind}: {found}")
