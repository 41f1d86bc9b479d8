"""People and helpers that every test may ask for. Alice, Bob and Charlie are customers, Sam is staff."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.db import connection

from accounts.models import User
from accounts.services.sessions import open_token
from tests.api_client import ApiClient
from tests.factories.accounts import make_user


@pytest.fixture(autouse=True)
def _forget_counts(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test sees another's requests: committed counters and the in-process cache are emptied."""
    yield
    if "transactional_db" in request.fixturenames or "django_db_setup" in request.fixturenames:
        caches["default"].clear()
    if "transactional_db" in request.fixturenames:
        blocker = request.getfixturevalue("django_db_blocker")
        with blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE nexusvpn_counter")


@pytest.fixture
def alice(db: None) -> User:
    return make_user("alice@example.com", full_name="Alice")


@pytest.fixture
def bob(db: None) -> User:
    return make_user("bob@example.com", full_name="Bob")


@pytest.fixture
def charlie(db: None) -> User:
    return make_user("charlie@example.com", full_name="Charlie")


@pytest.fixture
def sam(db: None) -> User:
    return make_user("sam@example.com", full_name="Sam", is_staff=True, is_superuser=True)


@pytest.fixture
def alice_api(alice: User) -> ApiClient:
    return ApiClient(token_of(alice))


@pytest.fixture
def bob_api(bob: User) -> ApiClient:
    return ApiClient(token_of(bob))


@pytest.fixture
def api() -> ApiClient:
    """A client that is nobody."""
    return ApiClient(None)


def token_of(user: User) -> str:
    token, _ = open_token(user=user, ip_address="192.0.2.1", user_agent="tests")
    return token

