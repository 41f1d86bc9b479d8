from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from support.models import Ticket
from tests.admin.addresses import allow
from tests.factories.accounts import make_user
from tests.factories.support import make_ticket


def browser_with_factor(user: User) -> Client:
    """Signed in, and a second factor was shown."""
    client = Client()
    client.force_login(user)
    Session.objects.filter(user=user).update(second_factor_at=timezone.now())
    return client


@pytest.fixture
def staff(sam: User) -> Client:
    """The browser of a superuser."""
    return browser_with_factor(sam)


@pytest.fixture
def helper(db: None) -> User:
    """Staff without any permission yet."""
    return make_user("helper@example.com", is_staff=True)


@pytest.fixture
def helper_browser(helper: User) -> Client:
    return browser_with_factor(helper)


@pytest.fixture
def ticket(alice: User) -> Ticket:
    return make_ticket(alice)


@pytest.fixture
def agent(helper: User, helper_browser: Client) -> Client:
    """The browser of one who answers tickets."""
    allow(helper, "view_ticket", "change_ticket")
    return helper_browser
