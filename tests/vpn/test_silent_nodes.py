from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.vpn import make_location, make_server
from tests.vpn.node_api.conftest import NodeClient, node, server  # noqa: F401  (fixtures)
from vpn.models import NodeStatus, Server
from vpn.services.nodes import mark_silent_servers

pytestmark = pytest.mark.django_db


def states() -> dict[str, str]:
    return dict(Server.objects.values_list("name", "state"))


def test_a_silent_server_goes_offline_and_a_draining_one_stays_draining() -> None:
    location = make_location()
    make_server(location, name="fresh")
    silent, draining = make_server(location, name="silent"), make_server(location, name="draining", state="draining")
    long_ago = timezone.now() - timedelta(seconds=91)
    NodeStatus.objects.filter(server__in=[silent, draining]).update(last_report_at=long_ago)
    assert mark_silent_servers() == 1
    assert states() == {"fresh": "online", "silent": "offline", "draining": "draining"}


def test_its_next_report_brings_it_back(node: NodeClient) -> None:  # noqa: F811
    Server.objects.update(state="offline")
    node.report()
    assert set(states().values()) == {"online"}
