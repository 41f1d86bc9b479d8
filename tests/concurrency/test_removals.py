"""A removal against the report that confirms an earlier order, and against other changes on the same servers."""

from __future__ import annotations

import threading
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection

from accounts.models import User
from billing.services.grants import revoke_grant
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.invariants import assert_invariants
from tests.vpn.acting import add, confirm, report
from vpn.models import VpnConfig
from vpn.services import report_peers
from vpn.services.admission import settle_customer
from vpn.services.device_life import suspend_device
from vpn.services.devices import remove_device

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def test_a_removal_is_confirmed_though_its_only_tombstone_is_just_being_forgotten(alice: User) -> None:
    server = make_server(make_location("ams"))
    device = add(alice)
    confirm(server)
    suspend_device(user=alice, device_id=device.pk, by=VpnConfig.SuspendedBy.CUSTOMER)
    forgotten, go_on = threading.Event(), threading.Event()

    def pause(*args: object) -> None:
        forgotten.set()
        go_on.wait(20)

    def in_thread(act: object) -> threading.Thread:
        def run() -> None:
            try:
                act()  # type: ignore[operator]
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with mock.patch.object(report_peers, "_end_used_handovers", pause):
        taking = in_thread(lambda: report(server))
        assert forgotten.wait(20)
        removing = in_thread(lambda: remove_device(user=alice, device_id=device.pk))
        removing.join(1)
        go_on.set()
        taking.join(20)
        removing.join(20)
    confirm(server)
    device.refresh_from_db()
    assert device.revoked_at is not None
    assert device.removal_confirmed_at is not None
    assert_invariants()


def test_servers_are_locked_in_the_order_of_their_ids(alice: User) -> None:
    low, high = (
        make_server(
            make_location(slug), id=UUID(int=number), network_v4=f"10.9{number}.0.0/24", network_v6=f"fd9{number}::/64"
        )
        for number, slug in ((1, "ams"), (2, "osl"))
    )
    granted = grant(alice, "basic")
    first = add(alice, "Phone", "osl")
    add(alice, "Laptop", "ams")
    revoke_grant(granted)
    settle_customer(alice.pk)
    changed: list[UUID] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "UPDATE vpn_server SET revision" in sql:
            changed.append(UUID(str(params["server"])))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        remove_device(user=alice, device_id=first.pk)
    assert changed == [low.pk, high.pk]
