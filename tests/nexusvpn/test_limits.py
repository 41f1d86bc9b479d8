"""Limits by name and number, the same for pages and API, with Retry-After."""

from __future__ import annotations

import time

import pytest
from django.test import Client, RequestFactory

from accounts.models import LoginHistory, User
from nexusvpn import ratelimit
from nexusvpn.errors import RateLimited
from tests.api_client import ApiClient
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _whole_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """One moment for the whole test, so that no window ends within it."""
    now = time.time()
    monkeypatch.setattr("django_ratelimit.core.time.time", lambda: now)


@pytest.mark.parametrize(
    ("limit", "admitted"),
    [
        (ratelimit.LOGIN_ADDRESS, 5),
        (ratelimit.LOGIN_ACCOUNT, 5),
        (ratelimit.REGISTER, 3),
        (ratelimit.CHECKOUT, 10),
        (ratelimit.EVERYTHING, 100),
        (ratelimit.OPEN_PAGES, 600),
    ],
)
def test_a_limit_admits_its_number_a_minute(limit: ratelimit.Limit, admitted: int) -> None:
    request = RequestFactory().get("/")
    for _ in range(admitted):
        ratelimit.enforce(request, limit, "somebody")
    with pytest.raises(RateLimited) as refused:
        ratelimit.enforce(request, limit, "somebody")
    assert 1 <= (refused.value.retry_after or 0) <= 61
    ratelimit.enforce(request, limit, "somebody else")


def test_the_sixth_login_is_429_with_retry_after(api: ApiClient, alice: User) -> None:
    wrong = {"email": alice.email, "password": "wrong"}
    assert [api.post("auth/login", wrong).status for _ in range(5)] == [401] * 5
    answer = api.post("auth/login", {"email": alice.email, "password": PASSWORD})
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) > 0
    assert LoginHistory.objects.count() == 5


def test_an_account_is_limited_from_any_address_and_in_any_case(api: ApiClient, alice: User) -> None:
    for number in range(5):
        api.post("auth/login", {"email": alice.email, "password": "wrong"}, remote_addr=f"198.51.100.{number}")
    answer = api.post("auth/login", {"email": "ALICE@example.com", "password": PASSWORD}, remote_addr="198.51.100.99")
    assert answer.status == 429


def test_no_other_spelling_of_an_address_gives_more_tries(api: ApiClient, alice: User) -> None:
    """The database takes all of these for alice's address."""
    spellings = [
        "alice@example.com",
        "alİce@example.com",
        "ALİCE@EXAMPLE.COM",
        " alİce@example.com",
        "Alice@Example.com",
    ]
    for number, email in enumerate(spellings):
        answer = api.post("auth/login", {"email": email, "password": "wrong"}, remote_addr=f"198.51.100.{number}")
        assert answer.status == 401
    assert LoginHistory.objects.filter(user=alice).count() == len(spellings)
    answer = api.post("auth/login", {"email": "alİce@example.com", "password": PASSWORD}, remote_addr="198.51.100.99")
    assert answer.status == 429


def test_pages_and_api_share_the_count(api: ApiClient, alice: User) -> None:
    for _ in range(3):
        api.post("auth/login", {"email": alice.email, "password": "wrong"})
    page = Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(2):
        assert page.post("/login", {"email": alice.email, "password": "wrong"}).status_code in (400, 401)
    refused = page.post("/login", {"email": alice.email, "password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_the_fourth_registration_is_429(api: ApiClient) -> None:
    def register(number: int) -> int:
        return api.post("auth/register", {"email": f"{number}@example.com", "password": "a long enough secret"}).status

    assert [register(number) for number in range(4)] == [201, 201, 201, 429]
    assert User.objects.count() == 3


def test_ipv6_clients_count_by_their_64(api: ApiClient) -> None:
    def login(address: str) -> int:
        return api.post("auth/login", {"email": f"{address}@x.example", "password": "x"}, remote_addr=address).status

    assert [login(f"2001:db8:1:1::{number}") for number in range(6)] == [401] * 5 + [429]
    assert login("2001:db8:1:2::1") == 401


def test_everything_is_100_a_minute_per_user_not_per_address(alice_api: ApiClient, bob_api: ApiClient) -> None:
    def calls(client: ApiClient, count: int) -> list[int]:
        return [client.get("users/me").status for _ in range(count)]

    assert calls(alice_api, 101) == [200] * 100 + [429]
    assert calls(bob_api, 1) == [200]


def test_a_wrong_token_counts_for_its_address() -> None:
    statuses = [ApiClient("nvs_wrong").get("users/me").status for _ in range(101)]
    assert statuses == [401] * 100 + [429]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/no/such/thing", 404),
        ("PATCH", "/api/nothing", 404),
        ("GET", "/api/schema", 200),
        ("POST", "/api/schema", 405),
        ("POST", "/api/docs", 405),
        ("PUT", "/api/v1/locations", 405),
    ],
)
def test_everything_under_the_api_counts_whatever_it_is(method: str, path: str, status: int) -> None:
    client = Client(REMOTE_ADDR="192.0.2.78", enforce_csrf_checks=True)
    statuses = [client.generic(method, path).status_code for _ in range(101)]
    assert statuses == [status] * 100 + [429]


def test_health_is_never_limited() -> None:
    client = Client(REMOTE_ADDR="192.0.2.79")
    for path in ("", "/liveness", "/readiness"):
        assert 429 not in {client.get(f"/api/health{path}").status_code for _ in range(101)}


def test_pages_are_limited_and_files_and_probes_are_not() -> None:
    client = Client(REMOTE_ADDR="192.0.2.77")
    assert [client.get("/nothing-here").status_code for _ in range(101)] == [404] * 100 + [429]
    assert client.get("/api/health/liveness").status_code == 200


OPEN_PAGE_PATHS = pytest.mark.parametrize(
    "path", ["/status/now", "/devices/0198c0de-0000-7000-8000-000000000000/state"]
)


@OPEN_PAGE_PATHS
def test_what_open_pages_ask_takes_nothing_from_the_limit_on_everything(path: str) -> None:
    client = Client(REMOTE_ADDR="192.0.2.76")
    assert 429 not in {client.get(path).status_code for _ in range(101)}
    assert [client.get("/nothing-here").status_code for _ in range(101)] == [404] * 100 + [429]
    assert client.get(path).status_code != 429


@OPEN_PAGE_PATHS
def test_what_open_pages_ask_has_a_limit_of_its_own_per_person(
    path: str, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nexusvpn.middleware.OPEN_PAGES", ratelimit.Limit("open-pages", "3/m"))
    for person in (None, alice, bob):
        client = Client(REMOTE_ADDR="192.0.2.75")
        if person is not None:
            client.force_login(person)
        answers = [client.get(path) for _ in range(4)]
        assert [answer.status_code == 429 for answer in answers] == [False, False, False, True]
        assert int(answers[-1].headers["Retry-After"]) > 0
