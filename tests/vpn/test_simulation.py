"""The fleet of simulated servers: made as the services would have, never in production, and gone without a trace."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from accounts.services.growth import count_finished_days, growth
from tests.factories.accounts import make_user
from tests.factories.vpn import make_location, make_server
from tests.invariants import assert_invariants
from vpn.models import Location, Peer, Server, VpnConfig
from vpn.services.credentials import authenticate_node
from vpn.services.desired_state import wanted_peers
from vpn.services.simulation import make_fleet, remove_fleet

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_credential_is_that_of_a_server_with_its_devices() -> None:
    made = [line.split(":") for line in make_fleet(nodes=2, devices=12)]
    servers = [authenticate_node(credential) for _, credential in made]
    assert [str(server) for server in servers] == [node_id for node_id, _ in made]
    assert len({*servers}) == 2
    for server_id in servers:
        assert server_id is not None
        assert len(wanted_peers(server_id).peers) == 12
    assert not Location.objects.filter(is_active=True).exists()
    assert_invariants()


def test_it_can_be_made_larger_and_removed_without_touching_the_rest() -> None:
    make_server(make_location("ams"))
    make_fleet(nodes=1, devices=1)
    make_fleet(nodes=1, devices=1)
    assert remove_fleet() == 2
    assert (Server.objects.count(), Location.objects.count()) == (1, 1)
    assert not Peer.objects.exists()
    assert not VpnConfig.objects.exists()
    assert not User.objects.exists()
    assert remove_fleet() == 0


def test_a_day_that_was_counted_with_it_is_counted_anew() -> None:
    make_user("alice@example.com")
    make_fleet(nodes=1, devices=1)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        count_finished_days()
        assert growth().total == 2
        remove_fleet()
        assert growth().total == 1
        count_finished_days()
        assert growth().total == 1


def test_the_credentials_are_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    with override_settings(DEBUG=True):
        call_command("simulate_fleet", nodes=1, devices=1, credentials=file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert authenticate_node(file.read_text().strip().split(":")[1]) is not None


@pytest.mark.parametrize("options", [{"credentials": Path("never")}, {"remove": True}])
def test_production_refuses_it(options: dict[str, object]) -> None:
    with override_settings(DEBUG=False), pytest.raises(CommandError, match="DEBUG is off"):
        call_command("simulate_fleet", **options)
    assert not Server.objects.exists()
