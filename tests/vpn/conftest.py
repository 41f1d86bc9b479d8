"""What most tests of the devices' pages begin with; a file that needs another server or browser has its own."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.factories.vpn import make_location, make_server
from vpn.models import Server


@pytest.fixture
def ams(db: None) -> Server:
    return make_server(make_location("ams"))


@pytest.fixture
def page(ams: Server, alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client
