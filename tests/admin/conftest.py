from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.factories.accounts import make_user


@pytest.fixture
def staff(sam: User) -> Client:
    """The browser of a superuser."""
    client = Client()
    client.force_login(sam)
    return client


@pytest.fixture
def helper(db: None) -> User:
    """Staff without any permission yet."""
    return make_user("helper@example.com", is_staff=True)


@pytest.fixture
def helper_browser(helper: User) -> Client:
    client = Client()
    client.force_login(helper)
    return client
