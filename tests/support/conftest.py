from __future__ import annotations

import pytest

from accounts.models import User
from support.models import Ticket
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.support import make_helper, make_ticket


@pytest.fixture
def ticket(alice: User) -> Ticket:
    return make_ticket(alice)


@pytest.fixture
def helper(db: None) -> User:
    return make_helper(full_name="Helga Helper")


@pytest.fixture
def helper_api(helper: User) -> ApiClient:
    return ApiClient(token_of(helper))
