from __future__ import annotations

import pytest

from accounts.models import User
from tests.accounts.lives import make_dora


@pytest.fixture
def dora(sam: User) -> User:
    """Somebody of whom every table has something."""
    return make_dora(sam)
