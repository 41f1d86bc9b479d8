"""What is done every minute: a failure over one person or server is no failure over the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from tests.factories.vpn import make_location, make_server
from tests.vpn.acting import add, wanted
from vpn.models import Server, VpnConfig
from vpn.services.emptying import drain_server
from vpn.tasks import empty_servers, settle_due

pytestmark = pytest.mark.django_db(transaction=True)


def fail_for(user: User, table: str, event: str, row: str) -> None:
    """Whatever is written of this person in the table fails, for a reason that no code foresees."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING"
            " ERRCODE = 'data_exception'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER spoil BEFORE {event} ON {table} FOR EACH ROW WHEN ({row}.user_id = '{user.pk}')"
            " EXECUTE FUNCTION spoil()"
        )


@pytest.fixture(autouse=True)
def _unspoiled() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS spoil CASCADE")


def test_an_expired_device_is_taken_off_though_another_persons_cannot_be(alice: User, bob: User) -> None:
    server = make_server(make_location("ams"))
    devices = [add(user) for user in (alice, bob)]
    VpnConfig.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    fail_for(alice, "vpn_vpnconfig", "UPDATE", "NEW")
    settle_due(timestamp=0)
    assert wanted(server) == {devices[0].public_key}


def test_a_customer_who_cannot_be_moved_keeps_nobody_else_on_the_server(alice: User, bob: User) -> None:
    ams = make_location("ams")
    old = make_server(ams)
    devices = [add(user) for user in (alice, bob)]
    new = make_server(ams, network_v4="10.81.0.0/24", network_v6="fd81::/64")
    drain_server(server_id=old.pk)
    fail_for(alice, "vpn_ipassignment", "INSERT", "NEW")
    empty_servers(timestamp=0)
    assert wanted(new) == {devices[1].public_key}
    assert Server.objects.get(pk=old.pk).assignments.filter(superseded_at=None).count() == 1
