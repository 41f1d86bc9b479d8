"""People and helpers that every test may ask for. Alice, Bob and Charlie are customers, Sam is staff."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.db import connection
from django.utils import timezone, translation

from accounts.models import Session, User
from accounts.services.sessions import open_token
from nexusvpn import site_state
from nexusvpn.kept import Kept
from support.services import announcements, legal
from tests.api_client import ApiClient
from tests.databases import migrated_template
from tests.emptying import empty_only_what_has_rows
from tests.factories.accounts import make_user
from tests.factories.billing import make_plans


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copies of a migrated one; two runs at once on one cluster get databases of their own."""
    test = connection.settings_dict["TEST"]
    test["NAME"] = f"{test['NAME'] or 'test_' + connection.settings_dict['NAME']}_{os.environ['TEST_RUN']}"
    test["TEMPLATE"] = migrated_template(os.environ["DATABASE_URL"])


def _commits(request: pytest.FixtureRequest) -> bool:
    """Whether the test works on committed data, which is emptied after it."""
    marker = request.node.get_closest_marker("django_db")
    return "transactional_db" in request.fixturenames or (marker is not None and bool(marker.kwargs.get("transaction")))


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> None:
    empty_only_what_has_rows()


@pytest.fixture(autouse=True)
def _clean_slate(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test sees another's counts, jobs or cache; those that commit find the standard plans."""
    if not _commits(request):
        if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
            # A test that commits may have run in this process before, and every table is emptied then.
            request.getfixturevalue("db")
            make_plans()
        yield
        caches["default"].clear()
        return
    request.getfixturevalue("transactional_db")
    make_plans()
    yield
    caches["default"].clear()


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A page that was asked for in German leaves its thread speaking German; the next test speaks the site's language again."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_banners(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees another's banners or legal texts, and looking for them is no query of a page that is counted."""
    monkeypatch.setattr(announcements, "_banners", Kept(list, 3600))
    monkeypatch.setattr(legal, "_published", Kept(frozenset, 3600))


@pytest.fixture(autouse=True)
def _open_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees another's maintenance, and looking for it is no query of an answer that is counted."""
    monkeypatch.setattr(site_state, "_kept", Kept(lambda: site_state.OPEN, 3600))


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
    """As of somebody who signed in before they added a second factor, if they have one."""
    token, session = open_token(user=user, ip_address="192.0.2.1", user_agent="tests", second_factor_at=timezone.now())
    Session.objects.filter(pk=session.pk).update(second_factor_at=None)
    return token
